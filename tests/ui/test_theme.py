"""Rising and falling can be read on every background, whatever colours the user chose, and told from each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtGui import QColor

from hlmaster.settings import Settings
from hlmaster.ui import theme as looks
from hlmaster.ui.palettes import LEGIBLE, SCHEMES, contrast, legible
from hlmaster.ui.theme import theme

PAIRS = [
    ("#2fb68a", "#e15a69"),
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


# Vision without one kind of cone, over linear RGB: Machado, Oliveira, Fernandes 2009, table 1, severity 1.0
SIMULATED = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
WHITE = [0.95047, 1.0, 1.08883]
APART = 30.0
"""CIE 1976 difference; 2.3 is just noticeable, and these are thin lines and small figures."""


def seen(colour: str, vision: str) -> npt.NDArray[np.float64]:
    """CIELAB of a colour as such eyes see it."""
    rgb = np.array([QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = np.array(TO_XYZ) @ np.clip(np.array(SIMULATED[vision]) @ linear, 0, 1) / WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("name", [name for name in SCHEMES if name not in ("dark", "light")])
@pytest.mark.parametrize("vision", SIMULATED)
def test_rising_and_falling_stay_apart_for_eyes_that_lack_a_kind_of_cone(name: str, vision: str) -> None:
    made = theme(name)
    assert np.linalg.norm(seen(made.up, vision) - seen(made.down, vision)) >= APART
    assert np.linalg.norm(seen(made.up_fill, vision) - seen(made.down_fill, vision)) >= APART / 4


@pytest.mark.parametrize("name", SCHEMES)
def test_every_word_and_figure_can_be_read_on_whatever_lies_behind_it(name: str) -> None:
    made = theme(name)
    inks = ("text", "muted", "faint", "accent", "second", "warning", "danger", "up", "down")
    for behind in (made.window, made.panel, made.raised, made.field, made.selected):
        assert [ink for ink in inks if contrast(getattr(made, ink), behind) < LEGIBLE] == []
    fills = (made.up, made.down, made.accent, made.warning, made.second)
    assert [fill for fill in fills if contrast(made.on_colour, fill) < LEGIBLE] == []
    assert contrast(made.on_danger, made.danger_fill) >= LEGIBLE
    assert contrast(made.on_up_fill, made.up_fill) >= LEGIBLE
    assert contrast(made.on_down_fill, made.down_fill) >= LEGIBLE
    assert contrast(made.text, made.up_fill) >= LEGIBLE
    assert contrast(made.text, made.down_fill) >= LEGIBLE


@pytest.mark.parametrize("name", SCHEMES)
def test_a_theme_that_needs_no_correction_shows_its_colours_as_they_stand(name: str) -> None:
    assert (theme(name).up, theme(name).down) == (SCHEMES[name].up, SCHEMES[name].down)


def test_up_and_down_swap_as_in_east_asia() -> None:
    usual, swapped = theme("dark"), theme("dark", swapped=True)
    assert (swapped.up, swapped.down) == (usual.down, usual.up)
    assert (swapped.up_fill, swapped.down_fill) == (usual.down_fill, usual.up_fill)
    own = theme("dark", "#4da3ff", "#f0963c", swapped=True)
    assert (own.up, own.down) == ("#f0963c", "#4da3ff")


def test_the_settings_choose_the_theme_and_every_theme_can_be_chosen() -> None:
    for name in SCHEMES:
        general = Settings.model_validate({"general": {"theme": name, "swap_colours": True}}).general
        assert looks.chosen(general).name == name
        assert looks.chosen(general).up == SCHEMES[name].down


def test_what_went_well_keeps_its_colour_where_rising_and_falling_are_turned() -> None:
    assert theme("dark", swapped=True).good == theme("dark").good != theme("dark", swapped=True).up
