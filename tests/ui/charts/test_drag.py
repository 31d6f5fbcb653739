"""A line in the hand follows the pointer on the grid, takes its company along, and can always be let go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.charts.drag import THRESHOLD, Drag, left_of, pulled, regrouped

STOP = Drag((("a", 3400.0),), 100.0, 3401.0)


def tenths(price: float) -> float:
    return round(max(price, 0.1), 1)


def test_a_press_that_hardly_moves_moves_nothing() -> None:
    drag = pulled(STOP, 100.0 + THRESHOLD - 1, 3390.0, tenths)
    assert (drag.is_under_way, drag.has_moved, drag.prices) == (False, False, {"a": 3400.0})


def test_the_line_keeps_its_distance_from_the_pointer() -> None:
    drag = pulled(STOP, 140.0, 3391.0, tenths)
    assert drag.prices == {"a": 3390.0}


def test_back_where_it_was_nothing_has_moved() -> None:
    drag = pulled(pulled(STOP, 140.0, 3391.0, tenths), 100.0, 3401.0, tenths)
    assert (drag.is_under_way, drag.has_moved) == (True, False)


@given(st.floats(0.01, 1e6), st.lists(st.floats(1, 1e6), max_size=4), st.floats(5, 500))
def test_all_go_by_the_same_distance(price: float, others: list[float], row: float) -> None:
    drag = regrouped(STOP, [(str(n), other) for n, other in enumerate(others)])
    moved = pulled(drag, 100.0 + row, price, tenths)
    shifts = {round(moved.prices[key] - stood, 6) for key, stood in moved.held}
    assert len(shifts) == 1
    assert tenths(moved.prices["a"]) == round(moved.prices["a"], 6)


def test_company_comes_and_goes_with_the_key() -> None:
    moved = pulled(regrouped(STOP, [("b", 3300.0)]), 140.0, 3391.0, tenths)
    assert moved.prices == {"a": 3390.0, "b": 3290.0}
    assert regrouped(moved, ()).prices == {"a": 3390.0}
    assert moved.holds("b")


def test_what_goes_meanwhile_leaves_the_hand_and_the_line_held_ends_it() -> None:
    drag = regrouped(STOP, [("b", 3300.0)])
    assert left_of(drag, {"a"}) == STOP
    assert left_of(drag, {"b"}) is None
    assert left_of(drag, {"a", "b", "c"}) == drag
