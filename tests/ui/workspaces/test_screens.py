"""A window comes back whole on a screen that is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.workspaces.nodes import Rect
from hlmaster.ui.workspaces.screens import rescued
from tests.ui.workspaces.made import RECTS

MAIN, RIGHT = Rect(0, 0, 1920, 1040), Rect(1920, 0, 2560, 1400)


@pytest.mark.parametrize(
    ("rect", "screens", "expected"),
    [
        (Rect(100, 50, 1600, 900), [MAIN], Rect(100, 50, 1600, 900)),
        (Rect(2000, 100, 1600, 900), [MAIN], Rect(320, 100, 1600, 900)),
        (Rect(2000, 100, 2400, 1300), [MAIN], Rect(0, 0, 1920, 1040)),
        (Rect(1800, 100, 1600, 900), [MAIN, RIGHT], Rect(1800, 100, 1600, 900)),
        (Rect(-1500, 20, 1400, 800), [MAIN, RIGHT], Rect(0, 20, 1400, 800)),
        (Rect(100, -400, 800, 600), [MAIN], Rect(100, 0, 800, 600)),
        (Rect(0, 0, 1600, 980), [Rect(0, 0, 960, 520)], Rect(0, 0, 960, 520)),
        (Rect(9000, 9000, 10, 10), [], Rect(9000, 9000, 10, 10)),
    ],
    ids=["there", "gone", "gone and too large", "over two", "left of all", "above", "density doubled", "no screen"],
)
def test_where_a_window_comes_back(rect: Rect, screens: list[Rect], expected: Rect) -> None:
    assert rescued(rect, screens) == expected


@given(RECTS, st.booleans())
def test_it_is_whole_and_what_is_whole_stays(rect: Rect, two: bool) -> None:
    screens = [MAIN, RIGHT] if two else [MAIN]
    found = rescued(rect, screens)
    assert rescued(found, screens) == found
    if found != rect:
        assert any(
            one.left <= found.left and found.right <= one.right and one.top <= found.top and found.bottom <= one.bottom
            for one in screens
        )
        assert (found.width, found.height) <= (rect.width, rect.height)
