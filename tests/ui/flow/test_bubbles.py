"""Discs of trades: their area is their worth."""

from __future__ import annotations

from typing import Any

from hlmaster.ui.flow.bubbles import MOST, disc, radius_of


def test_the_area_goes_with_the_worth_and_ends_somewhere() -> None:
    assert radius_of(400.0, 400.0) == 2 * radius_of(100.0, 400.0) - 1 or radius_of(400.0, 400.0) == 2 * radius_of(
        100.0, 400.0
    )
    assert radius_of(1e9, 1.0) == MOST
    assert radius_of(1.0, 0.0) == 0


def test_a_disc_is_made_once_and_as_sharp_as_the_screen(qapp: Any) -> None:
    assert disc(4, "#2fb68a", "#000000", 2.0) is disc(4, "#2fb68a", "#000000", 2.0)
    assert disc(4, "#2fb68a", "#000000", 2.0).width() == 20
