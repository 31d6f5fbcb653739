"""What is large goes back to the system, whatever was freed before; what is empty takes no memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.house.source import ROOT

PROGRAM = """
import mmap
from pathlib import Path
import numpy as np
from hlmaster.ui.large_blocks import give_back, own_pages

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE / 2**20

own_pages()
picture = np.ones(2**21)
del picture
before = resident()
large, small = [], []
for _ in range(20):
    large.append(np.ones(3 * 2**17))
    small.append(np.ones(2**13))
taken = resident() - before
large.clear()
left = resident() - before
rings = [np.zeros(3 * 2**17) for _ in range(20)]
filled = resident() - before
pieces = [bytes(2**11) for _ in range(2**14)]
kept = pieces[::64]
pieces.clear()
holes = resident() - before
give_back()
print(taken, left, filled, holes, resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems' C libraries have other bounds.")
def test_a_large_block_leaves_no_hole_and_an_empty_ring_takes_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, cwd=ROOT)
    taken, left, with_rings, with_holes, without = map(float, done.stdout.split())
    assert taken > 55
    assert left < 5
    assert with_rings < 5
    assert without < with_holes / 2
