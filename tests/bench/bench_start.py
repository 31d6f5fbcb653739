"""From process start to the whole window on screen, and to a live chart: the embedded exchange included.

The byte code is there, as the installer leaves it: the first start writes it and is not counted. What a start costs
where Python may not keep byte code is told beside it, without a goal.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.report import Report

RUNS = 5
BARE_RUNS = 3
MARKS = {"the window is shown": "whole layout on screen", "the chart shows": "live chart"}


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as empty:
        data = Path(folder)
        measured = [_start(data) for _ in range(RUNS + 1)][1:]
        bare = [_start(data, PYTHONDONTWRITEBYTECODE="1", PYTHONPYCACHEPREFIX=empty) for _ in range(BARE_RUNS)]
    goals = {"whole layout on screen": 0.9, "live chart": 1.8}
    for name, goal in goals.items():
        report.add(f"start: {name}", statistics.median(run[name] for run in measured), "s", at_most=goal)
        report.add(f"start: {name}, no byte code at all", statistics.median(run[name] for run in bare), "s")


def _start(data: Path, **environment: str) -> dict[str, float]:
    """Seconds after process start, by the application's own log."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**inherited, "QT_QPA_PLATFORM": "offscreen", **environment}
    command = [sys.executable, "-m", "hlmaster", "gui", "--data", str(data), "--size", "1600x980"]
    command += ["--screenshot", str(data / "start.png"), "--after", "4"]
    begun = time.time()
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)
    log = (data / "demo" / "default" / "log" / "hlmaster.jsonl").read_text().splitlines()
    found: dict[str, float] = {}
    for line in map(json.loads, log):
        for mark, name in MARKS.items():
            if line["message"].startswith(mark) and line["time_ms"] / 1000 > begun:
                found.setdefault(name, line["time_ms"] / 1000 - begun)
    return found
