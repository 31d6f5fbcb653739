"""Windows whose screen is gone, or has become smaller, come back whole on one that is there. No Qt."""

from __future__ import annotations

from collections.abc import Sequence

from hlmaster.ui.workspaces.nodes import Rect


def rescued(rect: Rect, screens: Sequence[Rect]) -> Rect:
    """``rect`` where the free areas of the screens cover it; else moved, and shrunk if need be, into the one that
    shows most of it, or else the nearest. The first screen is the main one; without any nothing changes."""
    if not screens or sum(_shared(rect, screen) for screen in screens) >= rect.width * rect.height:
        return rect
    chosen = max(screens, key=lambda screen: (_shared(rect, screen), -_distance(rect, screen)))
    width, height = min(rect.width, chosen.width), min(rect.height, chosen.height)
    left = min(max(rect.left, chosen.left), chosen.right - width)
    top = min(max(rect.top, chosen.top), chosen.bottom - height)
    return Rect(left, top, width, height)


def _shared(one: Rect, two: Rect) -> int:
    width = min(one.right, two.right) - max(one.left, two.left)
    height = min(one.bottom, two.bottom) - max(one.top, two.top)
    return max(0, width) * max(0, height)


def _distance(one: Rect, two: Rect) -> int:
    """Between the middles, along both axes."""
    across = abs(one.left + one.width // 2 - two.left - two.width // 2)
    return across + abs(one.top + one.height // 2 - two.top - two.height // 2)
