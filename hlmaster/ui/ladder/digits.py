"""Figures for narrow columns: as many decimals as a column holds, and thousands as k or M only where they must be."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

UNITS = ((1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "B"), (1e12, "T"))
TYPICAL = 0.8
"""A column's decimals suit so large a share of its figures; the larger ones are abbreviated."""


def fitting(value: float, decimals: int, room: int) -> str:
    """``value`` in at most ``room`` characters (4 or more): whole, or as ``12.3k`` where it would not fit."""
    text = f"{value:,.{decimals}f}"
    if 0 < value < 1 and not text.strip("0."):
        least = f"{10.0**-decimals:.{decimals}f}"
        return next((text for text in (f"<{least}", f"<{least.lstrip('0')}") if len(text) <= room), "~0")
    return text if len(text) <= room else compact(value, room)


def compact(value: float, room: int) -> str:
    """Four digits at most, and as many as ``room`` allows."""
    for scale, unit in UNITS:
        scaled = value / scale
        for decimals in (2, 1, 0):
            text = f"{scaled:.{decimals}f}{unit}"
            if len(text) <= min(room, 6) and scaled < 999.5:
                return text
    return "…"


def brief(value: float, room: int) -> str:
    """One's own size: all its digits if they fit, no trailing zeros."""
    whole = f"{value:.8f}".rstrip("0").rstrip(".")
    if len(whole) <= room:
        return whole
    if value < 1 and len(whole) - 1 <= room:
        return whole[1:]
    return fitting(value, max(0, room - 2 - max(0, int(log10(max(value, 1.0))))), room)


def suited(present: int | None, values: Sequence[float], room: int, most: int) -> int:
    """Decimals for a column of ``room`` characters, at most ``most``.

    ``present`` is what it has: it gives way only when its figures do not fit any more, or when more decimals would
    fit figures twice as large, so that a column does not flicker.
    """
    if not values:
        return most if present is None else min(present, most)
    typical = sorted(values)[int((len(values) - 1) * TYPICAL)]
    fits = _most_that_fits(typical, room, most)
    if present is None or fits < present:
        return fits
    return max(min(present, most), _most_that_fits(typical * 2, room, most))


def _most_that_fits(value: float, room: int, most: int) -> int:
    return next((decimals for decimals in range(most, 0, -1) if len(f"{value:,.{decimals}f}") <= room), 0)
