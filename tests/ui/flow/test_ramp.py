"""Heat is told by lightness alone, in every theme."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from hlmaster.ui.flow.ramp import SHADES, pixel, ramp
from hlmaster.ui.palettes import SCHEMES, contrast


@pytest.mark.parametrize("name", SCHEMES)
def test_more_is_always_further_from_the_ground(name: str) -> None:
    scheme = SCHEMES[name]
    shades = ramp(scheme.heat)
    steps = np.array([contrast(QColor.fromRgb(int(shade)).name(), scheme.panel) for shade in shades])
    assert len(shades) == SHADES
    assert (np.diff(steps) > -1e-3).all()
    assert steps[0] < 1.1
    assert steps[-1] > 10


def test_the_ends_are_the_stops() -> None:
    shades = ramp(("#102030", "#405060"))
    assert (int(shades[0]), int(shades[-1])) == (pixel("#102030"), pixel("#405060"))
