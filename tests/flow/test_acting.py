"""Strategies trade by themselves, in a real process against the embedded exchange: words, proposals, orders, fills.

One coin, for the past that the value at risk needs is then within the first minute's request budget.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from hlmaster.desk.exchange_process import command
from tests.flow.test_kill import ROOT

RUN = "headless --mode demo --seed 7 --speed 20 --policy auto --for 40 --json --set market.watchlist=ETH"
CENT = 0.01


def test_what_strategies_say_becomes_protected_positions_that_the_exchange_agrees_with(tmp_path: Path) -> None:
    done = subprocess.run(
        command([*RUN.split(), "--data", str(tmp_path)]),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    for figure in ("signals", "proposals", "orders", "fills"):
        assert told[figure] > 0, told
    assert told["proposal_ends"].get("placed", 0) > 0, told
    assert told["unprotected"] == 0, told
    assert abs(float(told["unexplained"])) < CENT, told
    assert (told["gaps"], told["defects"]) == (0, 0), told
    log = (tmp_path / "demo" / "default" / "log" / "hlmaster.jsonl").read_text()
    assert "internal task failed" not in done.stderr + log
    assert "the task '" not in log, "an unexpected failure of a desk's task"
