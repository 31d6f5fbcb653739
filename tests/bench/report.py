"""What the benchmarks found, as rows that a person and a program can read."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. ``ratio`` is value / baseline; ``ok`` is None where there is no goal."""

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    goal: str
    ok: bool | None


@dataclass(slots=True)
class Report:
    rows: list[Row] = field(default_factory=list)
    say: Callable[[str], None] | None = None

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        baseline: float | None = None,
        at_most: float | None = None,
        at_least: float | None = None,
    ) -> Row:
        """One figure and its goal. With a ``baseline`` (same unit) the goal is about the ratio of the two."""
        ratio = None if baseline is None else value / baseline
        judged, suffix = (value, unit) if ratio is None else (ratio, "x")
        goal, ok = "", None
        if at_most is not None:
            goal, ok = f"≤ {figure(at_most)} {suffix}", judged <= at_most
        elif at_least is not None:
            goal, ok = f"≥ {figure(at_least)} {suffix}", judged >= at_least
        row = Row(name, value, unit, baseline, ratio, goal, ok)
        self.rows.append(row)
        if self.say is not None:
            self.say(line(row))
        return row

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        machine = {"system": platform.platform(), "python": platform.python_version(), "processors": os.cpu_count()}
        content = {"machine": machine, "rows": [asdict(row) for row in self.rows]}
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def median_seconds(work: Callable[[], object], calls: int = 1, rounds: int = 9) -> float:
    """Median over ``rounds`` of the seconds that one call takes, of ``calls`` calls each; one more warms up."""
    rounds_taken = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        for _ in range(calls):
            work()
        rounds_taken.append((time.perf_counter() - started) / calls)
    return statistics.median(rounds_taken[1:])


def figure(value: float) -> str:
    """Three significant digits, thousands apart, no exponent: 12.3, 0.0041, 81,200."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{float(f'{value:.3g}'):f}".rstrip("0").rstrip(".")


def line(row: Row) -> str:
    mark = {None: " ", True: "✓", False: "✗"}[row.ok]
    baseline = "" if row.baseline is None else f"{figure(row.baseline)} {row.unit}"
    ratio = "" if row.ratio is None else f"{figure(row.ratio)} x"
    return (
        f"{mark} {row.name:<58} {figure(row.value):>10} {row.unit:<10} {baseline:>16} {ratio:>8}  {row.goal}".rstrip()
    )


HEADER = f"  {'':<58} {'value':>10} {'unit':<10} {'baseline':>16} {'ratio':>8}  goal"
