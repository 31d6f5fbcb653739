"""Run the benchmarks, print their table, write build/bench.json. A missed goal is a figure to look at, no failure."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path

from tests.bench.report import HEADER, Report

FOLDER = Path(__file__).parent
RESULT = FOLDER.parents[1] / "build" / "bench.json"


def main(wanted: list[str]) -> int:
    names = sorted(path.stem for path in FOLDER.glob("bench_*.py"))
    chosen = [name for name in names if not wanted or name in wanted or name.removeprefix("bench_") in wanted]
    if wanted and not chosen:
        print(f"No benchmark is called {' or '.join(wanted)}; there are {', '.join(names) or 'none'}.")
        return 2
    report = Report(say=lambda text: print(text, flush=True))
    broken = []
    print(HEADER)
    for name in chosen:
        try:
            importlib.import_module(f"tests.bench.{name}").run(report)
        except Exception:  # one broken benchmark must not hide the figures of the others
            traceback.print_exc()
            broken.append(name)
    report.write(RESULT)
    goals = [row for row in report.rows if row.ok is not None]
    print(f"{len(report.rows)} figures, {sum(bool(row.ok) for row in goals)} of {len(goals)} goals met; in {RESULT}")
    if broken:
        print(f"Broken: {', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
