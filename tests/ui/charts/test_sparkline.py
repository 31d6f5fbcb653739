from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from hlmaster.ui.charts.sparkline import paint_sparkline

RECT = QRect(10, 5, 60, 20)


def painted(values: list[float]) -> set[tuple[int, int]]:
    """The pixels that were touched."""
    image = QImage(80, 30, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    paint_sparkline(painter, RECT, np.array(values), QColor("white"))
    painter.end()
    return {(x, y) for x in range(80) for y in range(30) if QColor(image.pixel(x, y)).red() > 60}


@pytest.mark.parametrize("count", [2, 10, 60, 61, 5000])
def test_the_line_spans_its_rectangle_and_stays_in_it(qapp: QApplication, count: int) -> None:
    found = painted(np.linspace(1, 2, count).tolist())
    assert {x for x, _ in found} == set(range(10, 70))
    assert {y for _, y in found} == set(range(5, 25))
    assert (10, 24) in found
    assert (69, 5) in found


def test_a_flat_line_runs_through_the_middle(qapp: QApplication) -> None:
    assert {y for _, y in painted([3.0, 3.0, 3.0])} <= {14, 15}


def test_a_hole_is_left_open(qapp: QApplication) -> None:
    assert {x for x, _ in painted([1.0, 1.0, float("nan"), 1.0, 1.0])}.isdisjoint(range(30, 50))


@pytest.mark.parametrize("values", [[], [1.0], [float("nan")] * 5])
def test_too_little_paints_nothing(qapp: QApplication, values: list[float]) -> None:
    assert not painted(values)
