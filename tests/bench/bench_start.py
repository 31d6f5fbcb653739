"""From process start to the whole window on screen, and to a live chart: the embedded exchange included."""

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
MARKS = {"the window is shown": "whole layout on screen", "the chart shows": "live chart"}


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        measured = [_start(Path(folder)) for _ in range(RUNS + 1)][1:]
    goals = {"whole layout on screen": 0.9, "live chart": 1.8}
    for name, goal in goals.items():
        report.add(f"start: {name}", statistics.median(run[name] for run in measured), "s", at_most=goal)


def _start(data: Path) -> dict[str, float]:
    """Seconds after process start, by the application's own log."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
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
