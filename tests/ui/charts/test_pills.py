"""Pills stand at their lines, never one over another, say what there is room for, and are found by the pointer."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.charts.lines import PriceLine
from hlmaster.ui.charts.pill import Button, Cell, Pill
from hlmaster.ui.charts.pills import BUTTON_WIDTH, FAINTEST, HEIGHT, LEFT, Hit, Room, hit, place, strength_of

ROOM = Room(800.0, 400.0, 7.0, 24.0, 200.0)
CELLS = (Cell("sell 0.14", "text", 2), Cell("-0.47%", "muted", 1), Cell("-$1.27", "down", 3))


def line(key: str, price: float = 1.0, *, movable: bool = True, faint: bool = False) -> PriceLine:
    pill = Pill(key, "stop", CELLS, (Button.CANCEL,), movable)
    return PriceLine(price, "", "stop", pill=pill, faint=faint)


@given(st.lists(st.floats(-1e4, 1e4), max_size=18), st.floats(200, 2000))
def test_they_never_overlap_and_stay_in_the_pane(rows: list[float], height: float) -> None:
    placed = place([(line(str(n)), row, 0) for n, row in enumerate(rows)], Room(800.0, height, 7.0, 24.0, 0.0))
    assert len(placed) == len(rows)
    tops = sorted(one.top for one in placed)
    if len(rows) * (HEIGHT + 2) <= height - 2 - min(24.0, height / 4):
        assert all(later - earlier >= HEIGHT for earlier, later in pairwise(tops))
        assert all(-1 <= one.top <= height - HEIGHT + 1 for one in placed)


@given(st.floats(0, 400), st.floats(0, 800))
def test_whatever_covers_a_place_is_what_is_found_there(y: float, x: float) -> None:
    placed = place([(line("a"), 100.0, 0), (line("b"), 104.0, 0), (line("c"), 300.0, 0)], ROOM)
    found = hit(placed, x, y)
    covering = [one for one in placed if one.covers(x, y)]
    if covering:
        assert found is not None
        assert found.placed in covering
    elif found is not None:
        assert abs(found.placed.row - y) <= 4


def test_a_lone_pill_is_centred_on_its_line() -> None:
    (one,) = place([(line("a"), 150.0, 0)], ROOM)
    assert abs(one.top + HEIGHT / 2 - 150) <= 1
    assert one.left == LEFT


@pytest.mark.parametrize(
    ("width", "kept"),
    [
        (800.0, ["sell 0.14", "-0.47%", "-$1.27"]),
        (500.0, ["sell 0.14", "-$1.27"]),
        (440.0, ["-$1.27"]),
        (300.0, []),
        (120.0, []),
    ],
)
def test_a_narrow_chart_leaves_out_what_matters_least(width: float, kept: list[str]) -> None:
    (one,) = place([(line("a"), 150.0, 0)], Room(width, 400.0, 7.0, 24.0, 200.0))
    assert [figure.cell.text for figure in one.figures] == kept


def test_beyond_the_scale_it_stands_at_the_edge_and_points_there() -> None:
    placed = place([(line("up"), -500.0, 1), (line("down"), 900.0, -1)], ROOM)
    assert [one.title for one in placed] == ["↑ stop", "↓ stop"]
    assert placed[0].top >= ROOM.head - HEIGHT
    assert placed[1].bottom <= ROOM.height
    assert hit(placed, 700.0, placed[1].row) is None, "there is no line to take hold of"


def test_the_button_is_at_the_end() -> None:
    placed = place([(line("a"), 150.0, 0)], ROOM)
    right = placed[0].right
    assert hit(placed, right - 1, 150.0) == Hit(placed[0], Button.CANCEL)
    assert hit(placed, right - BUTTON_WIDTH - 1, 150.0) == Hit(placed[0])


def test_the_line_itself_is_grasped_anywhere_but_not_where_it_stood_before() -> None:
    placed = place([(line("a"), 150.0, 0), (line("b", faint=True), 250.0, 0)], ROOM)
    assert hit(placed, 700.0, 153.0) == Hit(placed[0])
    assert hit(placed, 700.0, 156.0) is None
    assert hit(placed, 700.0, 250.0) is None


@given(st.floats(-2000, 2000), st.floats(1, 1000))
def test_what_is_far_is_dim_and_never_gone(distance: float, height: float) -> None:
    assert FAINTEST <= strength_of(distance, height) <= 1
    assert strength_of(distance, height) >= strength_of(distance * 1.5, height)
    assert strength_of(0.0, height) == 1


def test_lines_without_a_pill_have_none() -> None:
    assert place([(PriceLine(1.0, "mark", "mark"), 10.0, 0)], ROOM) == ()


def test_figures_without_room_are_told_when_asked() -> None:
    narrow, wide = (place([(line("a"), 150.0, 0)], Room(width, 400.0, 7.0, 24.0, 200.0))[0] for width in (440.0, 800.0))
    assert narrow.untold == "sell 0.14 · -0.47%"
    assert wide.untold == ""
