"""Bars on the screen's own pixels: where those are no whole number to one of the toolkit's, as at 125 %, bars that are
equally wide to the toolkit would not be so on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace

from PySide6.QtGui import QPainter

from hlmaster.ui.charts.frame import Frame


@contextmanager
def own_pixels(painter: QPainter, frame: Frame) -> Iterator[tuple[Frame, float]]:
    """Within it the painter counts in these pixels, and so do the slots and prices of the frame that is given, so many
    to one of the toolkit's. Whole numbers of them are left as they are."""
    ratio = painter.device().devicePixelRatio()
    if ratio == int(ratio):
        yield frame, 1.0
        return
    painter.save()
    painter.scale(1 / ratio, 1 / ratio)
    enlarged, view = copy(frame), frame.view
    enlarged.view = replace(view, pitch=view.pitch * ratio, width=view.width * ratio)
    enlarged.prices = frame.prices.enlarged(ratio)
    yield enlarged, ratio
    painter.restore()
