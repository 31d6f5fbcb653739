"""The ring of pixels shows what one made anew would, however it came there, and writes new columns only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from hlmaster.market.flow.grid import PriceGrid
from hlmaster.market.flow.heat import COLUMN_MS, HeatHistory
from hlmaster.ui.flow.heat_picture import HeatPicture, HeatView
from hlmaster.ui.flow.ramp import pixel, ramp
from tests.market.facts import NOW, ladder, levels

FIRST = NOW // COLUMN_MS
SHADES = ramp(("#000000", "#ffffff"))
GAP = pixel("#ff0000")


def told(heat: HeatHistory, column: int, bid: float = 100.0, size: float = 1.0) -> None:
    at = NOW + column * COLUMN_MS
    heat.take_book(at, levels(ladder(bid, 10, -0.1, size)), levels(ladder(bid + 0.1, 10, 0.1, size)))


def dressed() -> HeatPicture:
    picture = HeatPicture()
    picture.dress(SHADES, GAP)
    return picture


def painted(picture: HeatPicture, view: HeatView) -> QImage:
    image = QImage(view.count * 2, view.rows * 3, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    picture.paint(painter, QRectF(0, 0, image.width(), image.height()))
    painter.end()
    return image


def view(newest: int, count: int = 12, step_ms: int = COLUMN_MS) -> HeatView:
    return HeatView((FIRST + newest) * COLUMN_MS // step_ms - count + 1, count, step_ms, 990, 25, 1)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(-9, 9), st.sampled_from((1.0, 5.0))), min_size=1, max_size=25),
    st.sampled_from((COLUMN_MS, 4 * COLUMN_MS)),
)
def test_what_is_added_column_by_column_is_what_all_at_once_would_be(
    steps: list[tuple[int, int, float]], step_ms: int
) -> None:
    heat, picture, column = HeatHistory(PriceGrid(1), NOW, 1_000), dressed(), 0
    for by, ticks, size in steps:
        column += by
        told(heat, column, 100.0 + ticks / 10, size)
        picture.show(heat, view(column, step_ms=step_ms), 1.0)
        fresh = dressed()
        fresh.show(heat, view(column, step_ms=step_ms), 1.0)
        assert np.array_equal(
            picture._size[picture._order(view(column, step_ms=step_ms))],
            fresh._size[fresh._order(view(column, step_ms=step_ms))],
        )
        for name, values in fresh.columns.items():
            assert np.array_equal(picture.columns[name], values, equal_nan=True)


def test_a_new_column_costs_one_column(qapp: Any) -> None:
    heat, picture = HeatHistory(PriceGrid(1), NOW, 1_000), dressed()
    for column in range(40):
        told(heat, column)
    picture.show(heat, view(39), 1.0)
    begun = picture.written
    told(heat, 40)
    picture.show(heat, view(40), 1.0)
    assert picture.written - begun == 2


def test_the_older_part_is_painted_before_the_newer_one_and_gaps_have_their_own_colour(qapp: Any) -> None:
    heat, picture = HeatHistory(PriceGrid(1), NOW, 0), dressed()
    for column in range(30):
        if column != 25:
            told(heat, column, size=float(column + 1))
    shown = view(29)
    picture.show(heat, shown, 1.0)
    image = painted(picture, shown)
    row = 36  # within the book
    bright = [image.pixelColor(2 * place, row).lightness() for place in range(12)]
    assert image.pixel(2 * 7, row) == GAP
    del bright[7]
    assert bright == sorted(bright)
    assert bright[0] < bright[-1]


def test_cells_are_read_where_they_are_shown() -> None:
    heat, picture = HeatHistory(PriceGrid(1), NOW, 0), dressed()
    told(heat, 0, size=3.0)
    told(heat, 2, size=4.0)
    picture.show(heat, view(2), 1.0)
    assert picture.size_at(FIRST, 1000 - 990) == 3.0
    assert picture.size_at(FIRST + 1, 1000 - 990) is None
    assert picture.size_at(FIRST + 2, 24) == 0.0
    assert picture.size_at(FIRST + 3, 5) is None
    assert picture.size_at(FIRST, 25) is None


def test_brighter_and_another_theme_shade_anew_without_another_look_at_the_books(qapp: Any) -> None:
    heat, picture = HeatHistory(PriceGrid(1), NOW, 1_000), dressed()
    for column in range(12):
        told(heat, column, size=float(column + 1))
    picture.show(heat, view(11), 1.0)
    before, written = painted(picture, view(11)).pixelColor(8, 36).lightness(), picture.written
    picture.show(heat, view(11), 4.0)
    assert painted(picture, view(11)).pixelColor(8, 36).lightness() > before
    picture.dress(SHADES[::-1].copy(), GAP)
    assert painted(picture, view(11)).pixelColor(8, 36).lightness() < before
    assert picture.written == written + 1


@pytest.mark.parametrize("back", [1, 5])
def test_going_back_in_time_shows_what_was(back: int) -> None:
    heat, picture = HeatHistory(PriceGrid(1), NOW, 1_000), dressed()
    for column in range(40):
        told(heat, column, 100.0 + column / 10)
    picture.show(heat, view(39), 1.0)
    picture.show(heat, view(39 - back), 1.0)
    assert picture.columns["bid"][-1] == pytest.approx(100.0 + (39 - back) / 10)
