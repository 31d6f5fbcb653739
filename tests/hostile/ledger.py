"""What long runs found, kept over runs: one JSON line for each schedule or round of kills."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.hostile.history import Verdict

ROOT = Path(__file__).resolve().parents[2]
LEDGER = ROOT / "build" / "hostile" / "ledger.jsonl"
REGRESSIONS = Path(__file__).with_name("regressions.json")


def reproduction(seed: int) -> str:
    return f"python -m tests.hostile --seed {seed} -v"


def row_of(verdict: Verdict) -> dict[str, Any]:
    return {
        "seed": verdict.seed,
        "findings": [str(finding) for finding in verdict.findings],
        "seconds": round(verdict.virtual_seconds, 1),
        "settled": round(verdict.settled_after, 1),
        "counts": dict(verdict.history.counts),
        "struck": dict(verdict.history.struck),
    }


def append(path: Path, row: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """A last line cut short by a crash is passed over."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(row, dict):
            yield row


def next_seed(path: Path, first: int) -> int:
    """One past the highest seed that was tried."""
    return max((row["seed"] + 1 for row in rows(path) if "seed" in row), default=first)


def totals(path: Path) -> str:
    """What all runs of this ledger together say."""
    seeds, failing = set[int](), set[int]()
    checks, counts, struck = Counter[str](), Counter[str](), Counter[str]()
    kills, broken, seconds, slowest = 0, 0, 0.0, 0.0
    for row in rows(path):
        if "kills" in row:
            kills += row["kills"]
            broken += len(row["findings"])
            continue
        seeds.add(row["seed"])
        seconds += row["seconds"]
        slowest = max(slowest, row["settled"])
        counts.update(row["counts"])
        struck.update(row["struck"])
        failing.difference_update({row["seed"]})
        if row["findings"]:
            failing.add(row["seed"])
            checks.update({finding.partition(":")[0] for finding in row["findings"]})
    all_hits = sum(struck.values())
    hits = ", ".join(f"{name} {count}" for name, count in struck.most_common())
    lines = [
        f"{len(seeds)} schedules over {seconds / 3600:.1f} virtual hours; the slowest agreed after {slowest:.0f} s.",
        f"{counts['actions']} actions, {counts['fills']} fills, {counts['crashes']} crashes, {all_hits} hits.",
        f"Hits: {hits or 'none'}.",
        f"{len(failing)} seeds fail: {', '.join(map(str, sorted(failing)[:20])) or 'none'}.",
        f"By check, ever: {', '.join(f'{name} {count}' for name, count in sorted(checks.items())) or 'none'}.",
        f"{kills} kills, {broken} findings.",
    ]
    return "\n".join(lines)


def regressions() -> dict[int, str]:
    """Seeds that once failed, and what they found."""
    return {int(seed): why for seed, why in json.loads(REGRESSIONS.read_text(encoding="utf-8")).items()}


def keep(verdict: Verdict) -> None:
    """Remember a failing seed, so that every run of the tests tries it first."""
    known = {str(seed): why for seed, why in regressions().items()}
    known[str(verdict.seed)] = str(verdict.findings[0])[:200]
    REGRESSIONS.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
