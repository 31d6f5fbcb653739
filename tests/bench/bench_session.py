"""The scripted session of `tests.bench.session`, some rounds of it, in a process of its own as a start has one.

The byte code is there, as the installer leaves it. The long form is ``python -m tests.bench.session --minutes 10``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.report import Report
from tests.bench.session import LIMIT

ROUNDS = 4
KEPT = Path(__file__).parents[2] / "build" / "session.json"
"""Which stretches they were; written anew each time."""
DRESSING = ("theme", "action window.settings")
"""Another look dresses every widget anew; it is told apart, for it is a choice and no part of a day's work."""


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _play(Path(folder) / "warm", 1)
        found = _play(Path(folder) / "session", ROUNDS)
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(found, indent=1))
    work = found["work"]
    own = {False: [0.0], True: [0.0]}
    for one in work["kept"]:
        own[one["act"].startswith(DRESSING)].append(one["own"])
    for name, of in (("", own[False]), (" of another look", own[True])):
        report.add(f"session: longest stretch{name}", 1000 * max(of), "ms", at_most=1000 * LIMIT)
        report.add(f"session: stretches{name} over {1000 * LIMIT:.0f} ms", sum(one > LIMIT for one in of), "")
    report.add("session: the window's thread", 100 * work["own"] / work["wall"], "% of a core")
    first, last = found["memory"][1], found["memory"][-1]
    rounds = ROUNDS - 2
    for name, what in (
        ("resident_mb", "memory"),
        ("market_mb", "of it order flow and candles"),
        ("rest_mb", "the rest"),
    ):
        report.add(f"session: {what} a round", (last[name] - first[name]) / rounds, "MB")
    for name in ("widgets", "objects", "tasks"):
        report.add(f"session: {name} a round", (last[name] - first[name]) / rounds, "", at_most=1.0)
    report.add("session: acts that failed, errors told", len(found["troubles"]), "", at_most=0)


def _play(data: Path, rounds: int) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    data.mkdir()
    result = data / "session.json"
    command = [sys.executable, "-m", "tests.bench.session", "--data", str(data), "--rounds", str(rounds)]
    subprocess.run(
        [*command, "--json", str(result)], env=environment, check=True, capture_output=True, timeout=rounds * 240
    )
    return dict(json.loads(result.read_text()))
