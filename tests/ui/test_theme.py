"""Rising and falling can be read on every background, whatever colours the user chose, and told from each other."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from hlmaster.settings.sections import General
from hlmaster.ui.theme import LEGIBLE, contrast, legible, theme

PAIRS = [
    (General().up_colour, General().down_colour),
    ("#2f81f7", "#e69f00"),  # blue and orange, for eyes that see red and green alike
    ("#0072b2", "#d55e00"),
    ("#ffffff", "#000000"),
]


@pytest.mark.parametrize("look", ["dark", "light"])
@pytest.mark.parametrize(("up", "down"), PAIRS)
def test_both_colours_are_legible_on_every_background(look: str, up: str, down: str) -> None:
    made = theme(look, up, down)
    for colour in (made.up, made.down):
        for background in (made.window, made.panel, made.raised, made.selected):
            assert contrast(colour, background) >= LEGIBLE


@pytest.mark.parametrize("look", ["dark", "light"])
@pytest.mark.parametrize(("up", "down"), PAIRS[:-1])
def test_each_keeps_its_hue_so_that_they_stay_apart(look: str, up: str, down: str) -> None:
    made = theme(look, up, down)
    for chosen, shown in ((up, made.up), (down, made.down)):
        assert abs(QColor(chosen).hslHueF() - QColor(shown).hslHueF()) < 0.01


def test_a_colour_that_can_be_read_stays_as_it_was_chosen() -> None:
    assert legible("#2fb68a", "#0b0f14") == "#2fb68a"


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1.0)]
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)
