"""What a user can have done to an arrangement by name: a panel opened, closed, added, moved, taken home. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from hlmaster.ui.workspaces.nodes import (
    Arrangement,
    Frame,
    Node,
    Way,
    beside,
    keys,
    leaves,
    mapped,
    split,
    tabs,
    with_missing,
    with_tab,
)

FOUR = ("chart", "chart.2", "chart.3", "chart.4")
MAIN_SHARE = 0.65
"""Of a window that one more panel joins at its right."""


def possible(
    wanted: Arrangement, there_are: Collection[str], can_be: Callable[[str], bool], standard: Node
) -> Arrangement:
    """Without panels that this program does not have, and with those that it has newly where ``standard`` has them."""
    left = without(wanted, (key for key in wanted.keys if not can_be(key)))
    first, *others = left.frames
    new = set(there_are) - wanted.known if wanted.known else set()
    missing = [key for key in keys(standard) if key in new and key not in left.keys]
    first = replace(first, root=with_missing(first.root, missing, standard))
    return in_windows(replace(left, frames=(first, *(frame for frame in others if frame.keys))))


def in_windows(now: Arrangement) -> Arrangement:
    """Panels that floated together, as older layouts have them, get a window of their own."""
    groups = [Frame(leaf, rect) for frame in now.frames for rect, leaf in frame.floating if leaf.is_group]
    rest = (
        replace(frame, floating=tuple(one for one in frame.floating if not one[1].is_group)) for frame in now.frames
    )
    return replace(now, frames=(*rest, *groups))


def without(now: Arrangement, gone: Iterable[str]) -> Arrangement:
    gone = tuple(gone)
    return replace(now, frames=tuple(frame.without(gone) for frame in now.frames))


def opened(now: Arrangement, key: str, standard: Node) -> Arrangement:
    """In the main window, where ``standard`` has it, or behind the chart or the first tabs, in front of all."""
    root = with_missing(now.frames[0].root, [key], standard)
    if key not in keys(root):
        mates = keys(root)
        mate = "chart" if "chart" in mates else mates[0] if mates else None
        root = tabs(key) if root is None or mate is None else with_tab(root, mate, key)
    root = mapped(root, lambda leaf: replace(leaf, front=key) if key in leaf.keys else leaf)
    return _with_root(now, 0, root)


def added(now: Arrangement, key: str, mate: str) -> Arrangement:
    """One more of a kind at the right of its ``mate``, or at the right of the main window."""
    for at, frame in enumerate(now.frames):
        if frame.root is not None and mate in keys(frame.root):
            return _with_root(now, at, beside(frame.root, mate, tabs(key), Way.ROW))
    return moved(now, key, 0)


def moved(now: Arrangement, key: str, to: int) -> Arrangement:
    """Into another window, at its right."""
    left = without(now, [key])
    root = left.frames[to].root
    new = tabs(key)
    return _with_root(left, to, new if root is None else split(Way.ROW, [(root, MAIN_SHARE), (new, 1 - MAIN_SHARE)]))


def in_own_window(now: Arrangement, key: str) -> Arrangement:
    left = without(now, [key])
    return replace(left, frames=(*left.frames, Frame(tabs(key))))


def four_charts(now: Arrangement) -> Arrangement:
    """Two by two, in the place of the first."""
    left = without(now, FOUR[1:])
    at = next((n for n, frame in enumerate(left.frames) if "chart" in keys(frame.root)), None)
    if at is None:
        left, at = moved(left, "chart", 0), 0
    mates = [key for key in tabs_of(left, "chart") if key != "chart"]
    root = without(left, mates).frames[at].root
    assert root is not None
    for mate, new, way in (("chart", FOUR[1], Way.ROW), ("chart", FOUR[2], Way.COLUMN), (FOUR[1], FOUR[3], Way.COLUMN)):
        root = beside(root, mate, tabs(new), way)
    # Tabs would make one of the four lower than the others.
    home = next((key for key in ("book", "positions", FOUR[3]) if key in keys(root)), FOUR[3])
    for key in mates:
        root = with_tab(root, home, key)
    return _with_root(left, at, root)


def closed_window(now: Arrangement, at: int, extra: Collection[str], standard: Node) -> Arrangement:
    """Its panels go back where ``standard`` has them; ``extra`` ones are gone."""
    home = [key for key in now.frames[at].keys if key not in extra]
    left = replace(now, frames=tuple(frame for n, frame in enumerate(now.frames) if n != at))
    for key in home:
        left = opened(left, key, standard)
    return left


def tabs_of(now: Arrangement, key: str) -> tuple[str, ...]:
    """The panels that share its place, in their order."""
    return next((leaf.keys for frame in now.frames for leaf in leaves(frame.root) if key in leaf.keys), ())


def _with_root(now: Arrangement, at: int, root: Node | None) -> Arrangement:
    frames = list(now.frames)
    frames[at] = replace(frames[at], root=root)
    return replace(now, frames=tuple(frames))
