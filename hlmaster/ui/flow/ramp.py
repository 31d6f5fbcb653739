"""A theme's scale of heat as pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

SHADES = 256
Pixels = NDArray[np.uint32]


def pixel(colour: str) -> int:
    """As ``QImage.Format_RGB32`` keeps it."""
    return QColor(colour).rgb()


def ramp(stops: Sequence[str]) -> Pixels:
    """uint32[SHADES] through these colours, evenly apart."""
    channels = np.array([QColor(stop).getRgb()[:3] for stop in stops], np.float64)  # type: ignore[index]
    at, marks = np.linspace(0, len(stops) - 1, SHADES), np.arange(len(stops))
    red, green, blue = (np.rint(np.interp(at, marks, channel)).astype(np.uint32) for channel in channels.T)
    made: Pixels = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    return made
