"""Workspaces of every shape, for properties."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import strategies as st

from hlmaster.ui.workspaces.nodes import (
    Arrangement,
    Frame,
    Node,
    Rect,
    Spread,
    Tabs,
    Way,
    Workspace,
    keys,
    mapped,
    split,
)

LEAVES = st.integers(1, 3).map(lambda count: Tabs(tuple("abc"[:count]), "a"))


def _splits(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    pairs = st.lists(st.tuples(parts, st.sampled_from((1.0, 2.0, 3.0))), min_size=2, max_size=4)
    return st.builds(split, st.sampled_from(Way), pairs)


def _named(node: Node) -> Node:
    """Each panel once: ``p0`` and on."""
    numbers = itertools.count()

    def rename(leaf: Tabs) -> Tabs:
        names = tuple(f"p{next(numbers)}" for _ in leaf.keys)
        return Tabs(names, names[-1])

    named = mapped(node, rename)
    assert named is not None
    return named


NODES: st.SearchStrategy[Node] = st.recursive(LEAVES, _splits, max_leaves=9).map(_named)
RECTS = st.builds(Rect, *(st.integers(-5000, 5000),) * 2, *(st.integers(1, 4000),) * 2)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def workspaces(draw: st.DrawFn) -> Workspace:
    root = draw(NODES)
    frames = [Frame(root, draw(st.none() | RECTS), draw(st.sampled_from(Spread)), ((draw(RECTS), Tabs(("f",), "f")),))]
    if draw(st.booleans()):
        frames.append(Frame(Tabs(("w", "x"), "x"), draw(RECTS)))
    memories = st.dictionaries(st.text(max_size=4), JSON, max_size=2)
    panels = draw(st.dictionaries(st.sampled_from(keys(root)), memories, max_size=3))
    return Workspace(Arrangement(tuple(frames), frozenset(keys(root))), panels)
