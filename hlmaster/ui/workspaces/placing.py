"""Panels put into a window as an arrangement says, and an arrangement read from where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QStatusBar, QTabBar
from shiboken6 import getCppPointer

from hlmaster.ui.dock import PanelDock
from hlmaster.ui.sizes import GAP
from hlmaster.ui.tearing import Tearing
from hlmaster.ui.workspaces.nodes import Frame, Node, Rect, Split, Spread, Tabs, Way, leaves, partition, rects

SIDES = {Way.ROW: Qt.Orientation.Horizontal, Way.COLUMN: Qt.Orientation.Vertical}


def rect_of(area: QRect) -> Rect:
    return Rect(area.x(), area.y(), area.width(), area.height())


def spread_of(window: QMainWindow) -> Spread:
    if window.isFullScreen():
        return Spread.FULL
    return Spread.MAXIMISED if window.isMaximized() else Spread.NORMAL


def seen(window: QMainWindow, docks: Mapping[str, PanelDock]) -> Frame | None:
    """What a window that is shown holds; None where it is too small to tell. Docks that were closed are nowhere."""
    mine = {key: dock for key, dock in docks.items() if dock.window() is window and not dock.isHidden()}
    placed = [(rect_of(mine[leaf.front].geometry()), leaf) for leaf in _groups(window, mine)]
    loose = {key: dock for key, dock in docks.items() if dock.parent() is window and dock.isFloating()}
    root = partition(placed) if placed else None
    if placed and root is None:
        return None
    return Frame(
        root,
        rect_of(window.normalGeometry() if spread_of(window) is not Spread.NORMAL else window.geometry()),
        spread_of(window),
        tuple((rect_of(dock.geometry()), Tabs((key,), key)) for key, dock in loose.items() if not dock.isHidden()),
    )


def _groups(window: QMainWindow, docks: Mapping[str, PanelDock]) -> list[Tabs]:
    """The docks of a window by the tabs they share, in the order of the tabs."""
    by_pointer = {getCppPointer(dock)[0]: key for key, dock in docks.items()}
    found, alone = [], dict.fromkeys(docks)
    for bar in tab_bars(window):
        keys = tuple(by_pointer[at] for at in map(bar.tabData, range(bar.count())) if at in by_pointer)
        if len(keys) > 1:
            front = by_pointer.get(bar.tabData(bar.currentIndex()), keys[0])
            found.append(Tabs(keys, front))
            for key in keys:
                alone.pop(key, None)
    return [*found, *(Tabs((key,), key) for key in alone)]


def tab_bars(window: QMainWindow) -> list[QTabBar]:
    """Of the docks that share places."""
    # What ``findChildren`` finds the window would remember for good, and Qt makes new bars with every arrangement.
    return [bar for bar in window.children() if isinstance(bar, QTabBar) and bar.isVisible()]


@contextmanager
def still(window: QMainWindow) -> Iterator[None]:
    """Laid out and painted once, afterwards, and not anew for each dock that moves."""
    layout = window.layout()
    assert layout is not None
    window.setUpdatesEnabled(False)
    layout.setEnabled(False)
    try:
        yield
    finally:
        layout.setEnabled(True)
        layout.invalidate()
        layout.activate()
        window.setUpdatesEnabled(True)


def place(window: QMainWindow, docks: Mapping[str, PanelDock], frame: Frame) -> None:
    """Have ``window`` hold exactly the docks that ``frame`` names, where it says; its others close."""
    with still(window):
        _place(window, docks, frame)
        for leaf in leaves(frame.root):
            for key in leaf.keys:
                docks[key].show_title(tabbed=len(leaf.keys) > 1)


def retitle(window: QMainWindow, docks: Mapping[str, PanelDock], tearing: Tearing) -> None:
    """Where docks were moved by hand: tabs are their titles, or rows are."""
    mine = [dock for dock in docks.values() if dock.parent() is window and not dock.isHidden()]
    late = [dock for dock in mine if dock.has_other_title]
    if late:
        with still(window):
            for dock in late:
                dock.refresh_title()
    for bar in tab_bars(window):
        bar.setElideMode(Qt.TextElideMode.ElideNone)
        tearing.watch(bar)


def _place(window: QMainWindow, docks: Mapping[str, PanelDock], frame: Frame) -> None:
    wanted = set(frame.keys)
    for key, dock in docks.items():
        if key in wanted or dock.parent() is window or dock.window() is window:
            _take_out(dock)
    if frame.root is not None:
        first = docks[_first(frame.root)]
        window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, first)
        _lay(window, docks, frame.root)
        for leaf in leaves(frame.root):
            for key in leaf.keys:
                docks[key].show()
        bring_fronts(docks, frame.root)
    for rect, leaf in frame.floating:
        for key in leaf.keys:
            window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, docks[key])
            docks[key].setFloating(True)
            docks[key].setGeometry(rect.left, rect.top, rect.width, rect.height)
            docks[key].show()


def bring_fronts(docks: Mapping[str, PanelDock], root: Node | None) -> None:
    for leaf in leaves(root):
        docks[leaf.front].come_forward()


def _take_out(dock: QDockWidget) -> None:
    if dock.isFloating():
        dock.setFloating(False)
    owner = dock.parent()
    if isinstance(owner, QMainWindow):
        owner.removeDockWidget(dock)


def _first(node: Node) -> str:
    return next(leaves(node)).keys[0]


def _lay(window: QMainWindow, docks: Mapping[str, PanelDock], node: Node) -> None:
    """The first dock of ``node`` has all its place already; the others take theirs from it."""
    if isinstance(node, Tabs):
        for mate, key in pairwise(node.keys):
            window.tabifyDockWidget(docks[mate], docks[key])
        return
    for before, part in pairwise(node.parts):
        window.splitDockWidget(docks[_first(before)], docks[_first(part)], SIDES[node.way])
    for part in node.parts:
        _lay(window, docks, part)


def proportion(window: QMainWindow, docks: Mapping[str, PanelDock], root: Node) -> None:
    """Give each its share of the window as it is now."""
    if not isinstance(root, Split):
        return
    whole = rects(root, Rect(0, 0, window.width() - 2 * GAP, _room(window)), GAP)
    nowhere = Qt.DockWidgetArea.NoDockWidgetArea
    placed = [(rect, leaf) for rect, leaf in whole if window.dockWidgetArea(docks[leaf.front]) is not nowhere]
    fronts = [docks[leaf.front] for _, leaf in placed]
    window.resizeDocks(fronts, [rect.width for rect, _ in placed], Qt.Orientation.Horizontal)
    window.resizeDocks(fronts, [rect.height for rect, _ in placed], Qt.Orientation.Vertical)


def _room(window: QMainWindow) -> int:
    """Pixels between head and status bar, less the edges."""
    head, strip = window.menuWidget(), window.findChild(QStatusBar)
    used = sum(part.sizeHint().height() for part in (head, strip) if part is not None)
    return max(100, window.height() - used - 2 * GAP)
