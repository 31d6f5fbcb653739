"""A window may be closed at any moment: as it starts, as it loads, with dialogs open. The process never crashes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = 12
PATIENCE = 110


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_windows_that_are_closed_at_random_end_in_order(tmp_path: Path, seed: int) -> None:
    line = [sys.executable, "-m", "tests.flow.closer", str(tmp_path), str(WINDOWS), str(seed)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        line, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE, env=environment, check=False
    )
    traces = [trace.read_text() for trace in tmp_path.rglob("crash.log")]
    assert (done.returncode, "".join(traces)) == (0, ""), done.stderr
    assert done.stdout.count("window ") == WINDOWS
    assert "Traceback" not in done.stderr
    assert "active painter" not in done.stderr
