"""Rows, columns and tabs: cut, joined, and read back from where they lie."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.workspaces.nodes import (
    Arrangement,
    Frame,
    Node,
    Rect,
    Split,
    Tabs,
    column,
    keys,
    leaves,
    partition,
    rects,
    row,
    tabs,
    with_missing,
    without,
)
from hlmaster.ui.workspaces.shipped import SHIPPED, default
from tests.ui.workspaces.made import NODES

WINDOW = Rect(3, 50, 4000, 3000)


def splits(node: Node) -> Iterator[Split]:
    if isinstance(node, Split):
        yield node
        for part in node.parts:
            yield from splits(part)


@given(NODES, st.integers(0, 6))
def test_what_lies_in_a_window_is_read_back_as_it_lies(node: Node, gap: int) -> None:
    placed = rects(node, WINDOW, gap)
    found = partition(placed)
    assert found is not None
    again = rects(found, WINDOW, gap)
    assert {leaf for _, leaf in again} == {leaf for _, leaf in placed}
    before = {leaf: rect for rect, leaf in placed}
    for rect, leaf in again:
        was = before[leaf]
        assert abs(rect.left - was.left) + abs(rect.top - was.top) <= 60
        assert abs(rect.width - was.width) + abs(rect.height - was.height) <= 60


@given(NODES, st.data())
def test_without_some_the_others_stay_and_no_split_has_a_single_part(node: Node, data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from(keys(node))))
    left = without(node, gone)
    assert keys(left) == [key for key in keys(node) if key not in gone]
    if left is not None:
        for one in splits(left):
            assert len(one.parts) == len(one.shares) > 1
            assert sum(one.shares) == pytest.approx(1)
            assert not any(isinstance(part, Split) and part.way is one.way for part in one.parts)
        assert all(leaf.front in leaf.keys for leaf in leaves(left))


@given(NODES, st.data())
def test_missing_panels_come_back_each_once(node: Node, data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from(keys(node))))
    back = with_missing(without(node, gone), sorted(gone), node)
    assert sorted(keys(back)) == sorted(keys(node))


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("size", [(1080, 680), (1280, 800), (1600, 980), (2560, 1440)])
def test_the_shipped_arrangements_have_each_panel_once_and_leave_the_chart_room(
    name: str, size: tuple[int, int]
) -> None:
    node = SHIPPED[name](*size)
    assert len(keys(node)) == len(set(keys(node)))
    chart = next(rect for rect, leaf in rects(node, Rect(0, 0, *size)) if "chart" in leaf.keys)
    assert chart.width >= 260
    assert chart.height >= 180


def test_a_new_panel_is_put_beside_its_mates_or_its_neighbour() -> None:
    standard = default(1600, 980)
    left = without(standard, ["ticket", "trades"])
    back = with_missing(left, ["ticket", "trades"], standard)
    assert any({"approvals", "ticket"} <= set(leaf.keys) for leaf in leaves(back))
    assert back is not None
    places = {leaf.keys[0]: rect for rect, leaf in rects(back, Rect(0, 0, 1600, 980))}
    assert places["trades"].left == places["book"].left
    assert places["trades"].top >= places["book"].bottom
    assert with_missing(None, ["chart"], standard) == tabs("chart")
    assert with_missing(left, ["unheard of"], standard) == left


def test_a_separator_that_moved_a_hair_changes_nothing_a_tab_in_front_does() -> None:
    def arranged(share: float, front: str) -> Arrangement:
        return Arrangement(
            (Frame(row((tabs("a", "b", front=front), share), (column((tabs("c"), 1), (tabs("d"), 1)), 1))),)
        )

    assert arranged(1, "a").is_like(arranged(1.02, "a"))
    assert not arranged(1, "a").is_like(arranged(1.5, "a"))
    assert not arranged(1, "a").is_like(arranged(1, "b"))
    assert not arranged(1, "a").is_like(Arrangement((*arranged(1, "a").frames, Frame(Tabs(("e",), "e")))))


def test_places_that_lie_over_each_other_tell_nothing() -> None:
    placed = [(Rect(0, 0, 100, 100), tabs("a")), (Rect(50, 50, 100, 100), tabs("b")), (Rect(200, 0, 9, 9), tabs("c"))]
    assert partition(placed) is None
