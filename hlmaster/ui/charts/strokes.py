"""Many rectangles or line segments in one call to the painter, straight from arrays."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QRect
from PySide6.QtGui import QPainter, QPen
from shiboken6 import Shiboken

from hlmaster.ui.charts.series import Floats

Rectangles = npt.NDArray[np.int32]
"""int32[n, 4]: left, top, right, bottom in pixels, the last two inclusive, as QRect keeps them."""


def rectangles(left: Floats, top: Floats, right: Floats, bottom: Floats) -> Rectangles:
    """Pixel rectangles from rounded edges, at least one pixel high and wide."""
    result = np.empty((len(left), 4), np.int32)
    result[:, 0], result[:, 1] = left, top
    result[:, 2], result[:, 3] = np.maximum(left, right), np.maximum(top, bottom)
    return result


def fill(painter: QPainter, rects: Rectangles) -> None:
    """Fill with the painter's brush; the painter must have no pen."""
    if len(rects):
        rects = np.ascontiguousarray(rects, np.int32)
        # The painter reads n QRects in memory order, so the first one is all the binding has to know of.
        painter.drawRects(Shiboken.wrapInstance(rects.ctypes.data, QRect), len(rects))  # type: ignore[call-overload]


def trace(painter: QPainter, x: Floats, y: Floats) -> None:
    """A line through the points with the painter's pen; a NaN in y leaves a hole."""
    lines(painter, joined(x, y[np.newaxis])[0])


def traces(painter: QPainter, x: Floats, rows: Floats, pens: Sequence[QPen]) -> None:
    """A line through the points of each row, with a pen of its own; NaN leaves a hole.

    Separate segments instead of paths: Qt strokes an antialiased path wider than a pixel twenty times as slowly.
    """
    for pen, line in zip(pens, joined(x, rows), strict=True):
        painter.setPen(pen)
        lines(painter, line)


def joined(x: Floats, rows: Floats) -> list[Floats]:
    """Of each row the segments between its neighbouring points, float64[n, 4]; those at a NaN are left out."""
    if len(x) < 2:
        return [np.empty((0, 4)) for _ in rows]
    segments = np.empty((len(rows), len(x) - 1, 4))
    segments[..., 0], segments[..., 1] = x[:-1], rows[:, :-1]
    segments[..., 2], segments[..., 3] = x[1:], rows[:, 1:]
    whole = np.isfinite(rows)
    if whole.all():
        return list(segments)
    known = whole[:, :-1] & whole[:, 1:]
    return [line[at] for line, at in zip(segments, known, strict=True)]


def lines(painter: QPainter, segments: Floats) -> None:
    """Segments as ``joined`` makes them."""
    if len(segments):
        painter.drawLines(Shiboken.wrapInstance(segments.ctypes.data, QLineF), len(segments))  # type: ignore[call-overload]


def strips(painter: QPainter, left: Floats, right: Floats, y: Floats) -> None:
    """A level line from `left` to `right` at each finite y; neighbours are not joined."""
    known = np.isfinite(y)
    count = int(np.count_nonzero(known))
    if count:
        segments = np.empty((count, 4))
        segments[:, 0], segments[:, 1] = left[known], y[known]
        segments[:, 2], segments[:, 3] = right[known], y[known]
        lines(painter, segments)
