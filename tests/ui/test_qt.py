"""The setting scales everything alike, from before Qt starts; a factor of the environment stands."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hlmaster.ui.qt import SCALE_FACTOR
from tests.house.source import ROOT

PROGRAM = """
import sys
from hlmaster.ui import qt
application = qt.application([], int(sys.argv[1]))
from PySide6.QtWidgets import QLabel
label = QLabel("1")
label.setFixedSize(100, 26)
label.show()
picture = label.grab()
print(label.devicePixelRatio(), picture.width(), picture.height())
"""


@pytest.mark.parametrize(("percent", "own", "told"), [(175, "", "1.75 175 46"), (150, "1.25", "1.25 125 33")])
def test_a_row_is_as_many_pixels_as_the_scale_asks_for(percent: int, own: str, told: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != SCALE_FACTOR}
    environment |= {"QT_QPA_PLATFORM": "offscreen"} | ({SCALE_FACTOR: own} if own else {})
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(percent)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    assert done.stdout.strip() == told
