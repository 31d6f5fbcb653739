"""The setting scales everything alike, from before Qt starts; a factor of the environment stands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hlmaster.ui.qt import SCALE_FACTOR, scale_percent
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


def test_the_scale_is_read_from_the_file_and_is_the_usual_one_where_that_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    assert scale_percent(file, ()) == 100
    file.write_text("[general]\nscale_percent = 150\n")
    assert scale_percent(file, ()) == 150
    assert scale_percent(file, ["general.scale_percent=125"]) == 125
    file.write_text("[general]\nscale_percent = 900\n")
    assert scale_percent(file, ()) == 100


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
