"""A process that crashes says where, to its owner, and the next one names the file."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

CRASH = """
import faulthandler, sys
from pathlib import Path
from hlmaster.core.crashes import keep_trace

def fall_over(secret):
    faulthandler._sigsegv()

keep_trace(Path(sys.argv[1]).with_name("another session's"))
keep_trace(Path(sys.argv[1]))
fall_over("c0ffee12")
"""
START = """
import logging, sys
from pathlib import Path
from hlmaster.core.crashes import keep_trace

logging.basicConfig(format="%(levelname)s %(code)s %(message)s")
keep_trace(Path(sys.argv[1]))
"""


def run(code: str, file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)


def test_a_crash_is_traced_without_values_and_named_once_at_the_next_start(tmp_path: Path) -> None:
    file, before = tmp_path / "crash.log", tmp_path / "crash.log.before"
    assert run(CRASH, file).returncode < 0
    trace = file.read_text()
    assert "Segmentation fault" in trace
    assert "in fall_over" in trace
    assert "c0ffee12" not in trace
    assert file.stat().st_mode & 0o077 == 0
    told = run(START, file).stderr
    assert told == f"ERROR INV-004 The last run of this session crashed; {before} says where.\n"
    assert before.read_text() == trace
    assert run(START, file).stderr == ""


def test_a_trace_that_cannot_be_written_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from hlmaster.core.crashes import keep_trace

    with caplog.at_level(logging.WARNING):
        keep_trace(tmp_path / "nowhere" / "crash.log")
    assert "No trace of a crash is kept" in caplog.text
