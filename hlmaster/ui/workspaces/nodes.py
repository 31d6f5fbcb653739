"""Where panels are in a window: rows and columns with shares of the space, and tabs at the ends. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Way(StrEnum):
    ROW, COLUMN = "row", "column"


@dataclass(frozen=True, slots=True)
class Rect:
    """Pixels that do not depend on the screen's density."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Tabs:
    """Panels that share a place, by their keys; ``front`` is the one that is seen."""

    keys: tuple[str, ...]
    front: str

    @property
    def is_group(self) -> bool:
        return len(self.keys) > 1


@dataclass(frozen=True, slots=True)
class Split:
    """At least two parts side by side or under each other; ``shares`` add up to one."""

    way: Way
    parts: tuple[Node, ...]
    shares: tuple[float, ...]


Node = Tabs | Split


def tabs(*keys: str, front: str = "") -> Tabs:
    return Tabs(keys, front or keys[0])


def row(*parts: tuple[Node, float]) -> Node:
    return split(Way.ROW, parts)


def column(*parts: tuple[Node, float]) -> Node:
    return split(Way.COLUMN, parts)


def split(way: Way, parts: Iterable[tuple[Node, float]]) -> Node:
    """Parts with their weights. A part that goes the same way is laid open, and a single one stands for itself."""
    flat: list[tuple[Node, float]] = []
    for part, weight in parts:
        if isinstance(part, Split) and part.way is way:
            flat += [(one, weight * share) for one, share in zip(part.parts, part.shares, strict=True)]
        else:
            flat.append((part, weight))
    if len(flat) == 1:
        return flat[0][0]
    whole = sum(weight for _, weight in flat)
    return Split(way, tuple(part for part, _ in flat), tuple(weight / whole for _, weight in flat))


def leaves(node: Node | None) -> Iterator[Tabs]:
    """From left to right and top to bottom."""
    if isinstance(node, Tabs):
        yield node
    elif node is not None:
        for part in node.parts:
            yield from leaves(part)


def keys(node: Node | None) -> list[str]:
    return [key for leaf in leaves(node) for key in leaf.keys]


def mapped(node: Node | None, change: Callable[[Tabs], Node | None]) -> Node | None:
    """Each leaf changed; None takes it away, and its neighbours share its space."""
    if node is None or isinstance(node, Tabs):
        return None if node is None else change(node)
    changed = [(mapped(part, change), share) for part, share in zip(node.parts, node.shares, strict=True)]
    left = [(part, share) for part, share in changed if part is not None]
    return split(node.way, left) if left else None


def without(node: Node | None, gone: Iterable[str]) -> Node | None:
    unwanted = set(gone)

    def change(leaf: Tabs) -> Tabs | None:
        left = tuple(key for key in leaf.keys if key not in unwanted)
        return Tabs(left, leaf.front if leaf.front in left else left[0]) if left else None

    return mapped(node, change)


def beside(node: Node, key: str, new: Node, way: Way, *, share: float = 0.5, after: bool = True) -> Node:
    """``new`` takes a share of the place that ``key`` is in."""

    def change(leaf: Tabs) -> Node:
        if key not in leaf.keys:
            return leaf
        pair = [(leaf, 1 - share), (new, share)]
        return split(way, pair if after else pair[::-1])

    changed = mapped(node, change)
    assert changed is not None
    return changed


def with_tab(node: Node, mate: str, key: str, *, front: bool = False) -> Node:
    """``key`` behind the tabs that ``mate`` is one of."""

    def change(leaf: Tabs) -> Node:
        if mate not in leaf.keys:
            return leaf
        return Tabs((*leaf.keys, key), key if front else leaf.front)

    changed = mapped(node, change)
    assert changed is not None
    return changed


def with_missing(node: Node | None, missing: Iterable[str], default: Node) -> Node | None:
    """``missing`` panels where ``default`` has them: beside the same mates, or the nearest neighbours there are."""
    for key in missing:
        node = _with_one(node, key, default)
    return node


def _with_one(node: Node | None, key: str, default: Node) -> Node | None:
    here = set(keys(node))
    home = next((leaf for leaf in leaves(default) if key in leaf.keys), None)
    if key in here or home is None:
        return node
    if node is None:
        return tabs(key)
    mate = next((other for other in home.keys if other in here), None)
    if mate is not None:
        return with_tab(node, mate, key)
    found = _neighbour(default, key, here)
    if found is None:
        return split(Way.ROW, [(node, 0.75), (tabs(key), 0.25)])
    neighbour, way, after = found
    return beside(node, neighbour, tabs(key), way, share=0.3, after=after)


def _neighbour(default: Node, key: str, here: set[str]) -> tuple[str, Way, bool] | None:
    """A panel that is here and near ``key`` in ``default``, the way in which they lie, and whether ``key`` is after."""
    if isinstance(default, Tabs):
        return None
    inside = next(index for index, part in enumerate(default.parts) if key in keys(part))
    deeper = _neighbour(default.parts[inside], key, here)
    if deeper is not None:
        return deeper
    others = sorted((i for i in range(len(default.parts)) if i != inside), key=lambda i: (abs(i - inside), -i))
    for index in others:
        near = next((one for one in keys(default.parts[index]) if one in here), None)
        if near is not None:
            return near, default.way, index < inside
    return None


# --- pixels ---


def rects(node: Node, into: Rect, gap: int = 0) -> list[tuple[Rect, Tabs]]:
    """The place of each leaf, with ``gap`` pixels between neighbours."""
    if isinstance(node, Tabs):
        return [(into, node)]
    is_row = node.way is Way.ROW
    room = (into.width if is_row else into.height) - gap * (len(node.parts) - 1)
    start, passed, found = (into.left if is_row else into.top), 0.0, []
    for index, (part, share) in enumerate(zip(node.parts, node.shares, strict=True)):
        first, passed = round(room * passed), passed + share
        extent = round(room * passed) - first
        place = start + first + gap * index
        own = Rect(place, into.top, extent, into.height) if is_row else Rect(into.left, place, into.width, extent)
        found += rects(part, own, gap)
    return found


def partition(placed: Sequence[tuple[Rect, Tabs]]) -> Node | None:
    """The rows and columns that these places make; None for places that lie over each other, as in a window too small
    for what is in it."""
    if len(placed) == 1:
        return placed[0][1]
    for way in (Way.COLUMN, Way.ROW):
        groups = _cut(placed, way)
        if len(groups) > 1:
            parts = [(partition(group), float(max(1, _extent(group, way)))) for group in groups]
            whole = [(part, extent) for part, extent in parts if part is not None]
            return split(way, whole) if len(whole) == len(parts) else None
    return None


def _cut(placed: Sequence[tuple[Rect, Tabs]], way: Way) -> list[list[tuple[Rect, Tabs]]]:
    groups: list[list[tuple[Rect, Tabs]]] = []
    end = None
    for rect, leaf in sorted(placed, key=lambda one: _span(one[0], way)):
        first, last = _span(rect, way)
        if end is None or first >= end:
            groups.append([])
            end = last
        groups[-1].append((rect, leaf))
        end = max(end, last)
    return groups


def _span(rect: Rect, way: Way) -> tuple[int, int]:
    return (rect.left, rect.right) if way is Way.ROW else (rect.top, rect.bottom)


def _extent(group: Sequence[tuple[Rect, Tabs]], way: Way) -> int:
    spans = [_span(rect, way) for rect, _ in group]
    return max(last for _, last in spans) - min(first for first, _ in spans)


# --- windows ---


class Spread(StrEnum):
    NORMAL, MAXIMISED, FULL = "normal", "maximised", "full screen"


@dataclass(frozen=True, slots=True)
class Frame:
    """One window: where it is on the desktop, what is in it, and what floats beside it. ``rect`` None: wherever it
    is. The first frame of an arrangement is the main window's."""

    root: Node | None
    rect: Rect | None = None
    spread: Spread = Spread.NORMAL
    floating: tuple[tuple[Rect, Tabs], ...] = ()

    @property
    def keys(self) -> list[str]:
        return [*keys(self.root), *(key for _, leaf in self.floating for key in leaf.keys)]

    @property
    def floats(self) -> list[Tabs]:
        return [leaf for _, leaf in self.floating]

    def without(self, gone: Iterable[str]) -> Frame:
        gone = set(gone)
        floats = ((rect, without(leaf, gone)) for rect, leaf in self.floating)
        left = tuple((rect, leaf) for rect, leaf in floats if isinstance(leaf, Tabs))
        return replace(self, root=without(self.root, gone), floating=left)


@dataclass(frozen=True, slots=True)
class Arrangement:
    frames: tuple[Frame, ...]
    known: frozenset[str] = frozenset()
    """Panels that there were, open or closed: one that is not among them is new and gets its default place."""

    @property
    def keys(self) -> list[str]:
        return [key for frame in self.frames for key in frame.keys]

    def without_frames(self, gone: Collection[int]) -> Arrangement:
        """By their numbers."""
        return replace(self, frames=tuple(frame for at, frame in enumerate(self.frames) if at not in gone))

    def is_like(self, other: Arrangement, tolerance: float = 0.02) -> bool:
        """The same panels at the same places, but for a separator that moved less than one would notice."""
        return len(self.frames) == len(other.frames) and all(
            _are_alike(one.root, two.root, tolerance) and one.floats == two.floats
            for one, two in zip(self.frames, other.frames, strict=True)
        )


def _are_alike(one: Node | None, two: Node | None, tolerance: float) -> bool:
    if isinstance(one, Split) and isinstance(two, Split):
        return (
            one.way is two.way
            and len(one.parts) == len(two.parts)
            and all(abs(a - b) <= tolerance for a, b in zip(one.shares, two.shares, strict=True))
            and all(_are_alike(a, b, tolerance) for a, b in zip(one.parts, two.parts, strict=True))
        )
    return one == two


@dataclass(frozen=True, slots=True)
class Workspace:
    """``panels``: what each remembers by its key, plain JSON values."""

    arrangement: Arrangement
    panels: Mapping[str, Mapping[str, object]]
