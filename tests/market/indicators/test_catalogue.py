"""All indicators are known by importing one module, and none of them needs what only research has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
sys.modules["numba"] = sys.modules["talib"] = sys.modules["pydantic"] = None
from hlmaster.market.indicators.catalogue import INDICATORS
from hlmaster.market.indicators.indicator import Live
for name in INDICATORS:
    live = Live(INDICATORS[name]())
    for number in range(3):
        live.advance((float(number + 1),) * len(live.indicator.inputs))
print(len(INDICATORS))
"""


def test_every_indicator_runs_without_numba_and_pydantic() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, cwd=ROOT)
    assert int(done.stdout) == 23
