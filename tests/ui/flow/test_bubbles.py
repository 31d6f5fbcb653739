"""Discs of trades: their area is their worth."""

from __future__ import annotations

from typing import Any

import numpy as np

from hlmaster.ui.flow.bubbles import MOST, disc, radii_of


def test_the_area_goes_with_the_worth_and_ends_somewhere() -> None:
    assert radii_of(np.array([0.0, 1.0, 4.0, 9.0, 1e9]) * 100, 900.0).tolist() == [0, 2, 5, 7, MOST]


def test_a_disc_is_made_once_and_as_sharp_as_the_screen(qapp: Any) -> None:
    assert disc(4, "#2fb68a", "#000000", 2.0) is disc(4, "#2fb68a", "#000000", 2.0)
    assert disc(4, "#2fb68a", "#000000", 2.0).width() == 20
