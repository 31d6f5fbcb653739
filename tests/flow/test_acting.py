"""Strategies trade by themselves, in a real process against the embedded exchange: words, proposals, orders, fills.

One coin, for the past that the value at risk needs is then within the first minute's request budget.
"""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hlmaster.desk.exchange_process import command
from tests.flow.test_kill import ROOT
from tests.flow.waiting import eventually

RUN = "headless --mode demo --seed 7 --speed 20 --policy auto --json --set market.watchlist=ETH"
CENT = 0.01
AT_MOST_SECONDS = 90.0
QUIET_LOOKS = 60
"""Without another order: what was filled has its whole stop by then."""


class Orders:
    """What the journal of the running process says."""

    def __init__(self, journal: Path) -> None:
        self._journal, self._seen, self._quiet = journal, 0, 0

    def are_done(self) -> bool:
        """An entry was filled, its stop was sent, and nothing has followed for a while."""
        if not self._journal.exists():
            return False
        with closing(sqlite3.connect(f"file:{self._journal}?mode=ro", uri=True)) as database:
            sent, filled = database.execute("SELECT count(*), sum(status = 'filled') FROM intents").fetchone()
        self._quiet = self._quiet + 1 if sent == self._seen else 0
        self._seen = sent
        return bool(filled) and sent > filled and self._quiet >= QUIET_LOOKS


@pytest.mark.skipif(sys.platform == "win32", reason="another process cannot be asked to end there")
def test_what_strategies_say_becomes_protected_positions_that_the_exchange_agrees_with(tmp_path: Path) -> None:
    folder = tmp_path / "demo" / "default"
    line = command([*RUN.split(), "--data", str(tmp_path)])
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            eventually(Orders(folder / "journal.sqlite").are_done, AT_MOST_SECONDS)
        finally:
            process.send_signal(signal.SIGINT)
            out, complaints = process.communicate(timeout=20)
    assert process.returncode == 0, complaints
    told = json.loads(out.splitlines()[-1])
    for figure in ("signals", "proposals", "orders", "fills"):
        assert told[figure] > 0, told
    assert told["proposal_ends"].get("placed", 0) > 0, told
    assert told["unprotected"] == 0, told
    assert abs(float(told["unexplained"])) < CENT, told
    assert (told["gaps"], told["defects"]) == (0, 0), told
    log = (folder / "log" / "hlmaster.jsonl").read_text()
    assert "internal task failed" not in complaints + log
    assert "the task '" not in log, "an unexpected failure of a desk's task"
