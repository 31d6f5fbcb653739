"""The windows and the panels in them: read as an arrangement, set up as one says, and moved about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from hlmaster.core.model import Interval
from hlmaster.ui.context import Context
from hlmaster.ui.dock import PanelDock
from hlmaster.ui.frame_window import FrameWindow, SideWindow
from hlmaster.ui.market_panel import MarketPanel
from hlmaster.ui.panel_set import PanelSet
from hlmaster.ui.workspaces import moves
from hlmaster.ui.workspaces.keyboard import return_keys
from hlmaster.ui.workspaces.nodes import Arrangement, Frame, Node, Tabs, Workspace, keys
from hlmaster.ui.workspaces.placing import bring_fronts, place, proportion, retitle, seen
from hlmaster.ui.workspaces.shipped import default, own_interval
from hlmaster.ui.workspaces.turns import Turns

FOUR_INTERVALS = (Interval.M5, Interval.H1, Interval.H4)
SETTLE_MS = 350
"""Until Qt has laid out what was set up; what moves meanwhile was not moved by the user."""


class Stage(QObject):
    """``changed``: the user moved, opened or closed something. ``window_opened`` and ``window_closed`` carry a side
    window, ``settled`` comes when what was set up stands.

    What is set up is made turn by turn of the loop: panels that are missing, then the places of all, while the screen
    keeps its old picture, then one panel after the other comes into sight. ``arrangement`` and ``workspace`` say from
    the first turn on what it will be; whoever sets up something else takes the place of what is under way.
    """

    changed = Signal()
    settled = Signal()
    window_opened = Signal(object)
    window_closed = Signal(object)

    def __init__(self, context: Context, main: FrameWindow, panels: PanelSet) -> None:
        super().__init__(main)
        self._context, self.main, self.panels = context, main, panels
        self.sides: list[SideWindow] = []
        self._latest = Arrangement((Frame(None),))
        """What was set up last; it is read from the windows once they have settled."""
        self._memory: dict[str, Mapping[str, Any]] = {}
        """What panels remember that were not given it yet, or are not there yet."""
        self._is_building = False
        """Not all panels of ``_latest`` are there, or not where it says."""
        self._had_keys: QWidget | None = None
        """What had the keyboard in a panel that rests behind its picture."""
        self._turns = Turns(self)
        self._turns.done.connect(self._stand)
        self.is_foreign = False
        """The toolkit itself put the panels somewhere: shares are its own."""
        self._before: Arrangement | None = None
        """What was there before one panel got its whole window."""
        self._settling = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settling.timeout.connect(self._settle)
        self._titles = QTimer(self, singleShot=True, interval=0)
        self._titles.timeout.connect(self._refresh_titles)
        main.moved.connect(self._tell)
        panels.opened.connect(self._follow)
        for key in panels.docks:
            self._follow(key)

    @property
    def windows(self) -> tuple[FrameWindow, ...]:
        return (self.main, *self.sides)

    @property
    def docks(self) -> Mapping[str, PanelDock]:
        return self.panels.docks

    def _follow(self, key: str) -> None:
        dock = self.panels.docks[key]
        for moved in (dock.dockLocationChanged, dock.visibilityChanged, dock.topLevelChanged):
            moved.connect(self._on_moved)
        dock.resized.connect(self._tell)
        self.panels.panels[key].memory_changed.connect(self._tell)
        dock.whole_wanted.connect(lambda: self.toggle_whole(key))

    def _on_moved(self) -> None:
        self._titles.start()
        self._tell()

    def _tell(self) -> None:
        if self.is_settled and self._before is None:
            self.changed.emit()

    def _settle(self) -> None:
        self._refresh_titles()
        self.settled.emit()

    def _refresh_titles(self) -> None:
        for window in self.windows:
            retitle(window, self.docks, window.tearing)

    @property
    def is_settled(self) -> bool:
        return not (self._is_building or self._settling.isActive())

    # --- as a whole ---

    def arrangement(self) -> Arrangement:
        """As it is, or as it was before one panel got the whole window."""
        if self._before is not None:
            return self._before
        known = frozenset(key for key in self.panels.keys if not self.panels.is_extra(key))
        if self._is_building:
            return replace(self._latest, known=known)
        closed = [key for key in self._latest.keys if key not in self.docks or self.docks[key].isHidden()]
        latest = moves.without(self._latest, closed)
        if self.is_settled:
            frames = zip(self.windows, latest.frames, strict=True)
            latest = replace(latest, frames=tuple(seen(window, self.docks) or frame for window, frame in frames))
            self._latest = latest
        return replace(latest, known=known)

    def workspace(self) -> Workspace:
        arrangement = self.arrangement()
        memory = self.panels.memory() | self._memory
        wanted = {*arrangement.known, *arrangement.keys}
        return Workspace(arrangement, {key: one for key, one in memory.items() if key in wanted})

    def show(self, workspace: Workspace, *, with_place: bool = False) -> None:
        """Set up windows and panels. ``with_place``: also where the main window is on the desktop."""
        self._before, self.is_foreign = None, False
        self._settling.start()
        arrangement = moves.possible(workspace.arrangement, self.panels.keys, self.panels.can_be, self._standard)
        for window, frame in zip(self.windows, arrangement.frames, strict=False):
            if frame.rect is not None and (with_place or window is not self.main):
                window.put(frame.rect, frame.spread)
        self._memory = dict(workspace.panels)
        self._set_up(arrangement)

    @property
    def _standard(self) -> Node:
        return default(self.main.width(), self.main.height())

    def _set_up(
        self, arrangement: Arrangement, stands: Arrangement | None = None, *, at_once: bool = False, front: str = ""
    ) -> None:
        """``stands`` is where panels are now, where that is known. ``at_once``: they are in their places when this
        returns, and come into sight turn by turn all the same. ``front`` gets the keys."""
        self._turns.drop()
        self._latest, self._is_building = arrangement, True
        steps = self._build(arrangement, stands, front)
        if at_once or not self.main.isVisible():
            for _ in steps:
                pass
        self._turns.start(chain(steps, self._reveal()))
        if not self.main.isVisible():
            self._turns.finish()

    def _build(self, arrangement: Arrangement, stands: Arrangement | None, front: str) -> Iterator[None]:
        """Each step as short as it can be made, ready to be left off after any."""
        for key in arrangement.keys:
            if key not in self.docks:
                self.panels.open(key, self._memory.pop(key, {}))
                yield
        for side in self.sides[len(arrangement.frames) - 1 :]:
            self._drop(side)
        while len(self.sides) < len(arrangement.frames) - 1:
            self._add_side(arrangement.frames[len(self.sides) + 1])
            yield
        stood = () if stands is None else stands.frames
        others = [frame for at, frame in enumerate(arrangement.frames) if at >= len(stood) or stood[at] != frame]
        self._hold(arrangement, others)
        for key in [key for key in self._memory if key in self.docks]:
            self.panels.recall(key, self._memory.pop(key))
            yield
        for window, frame in zip(self.windows, arrangement.frames, strict=True):
            if frame in others:
                self._put(window, frame)
                yield
        for key in [key for key in self.docks if self.panels.is_extra(key) and key not in arrangement.keys]:
            self.panels.end(key)
            yield
        self._memory = {key: memory for key, memory in self._memory.items() if not self.panels.is_extra(key)}
        self._is_building = False
        self._settling.start()
        if front:
            self._come_forward(front)
            yield

    def _hold(self, arrangement: Arrangement, others: list[Frame]) -> None:
        """Keep the picture of the windows that are about to change."""
        self._had_keys = self._had_keys or self._with_keys()
        changing = {window for window, frame in zip(self.windows, arrangement.frames, strict=True) if frame in others}
        for key, dock in self.docks.items():
            if self.main.isVisible() and (dock.parent() in changing or any(key in frame.keys for frame in others)):
                dock.hold()

    def _put(self, window: FrameWindow, frame: Frame) -> None:
        place(window, self.docks, frame)
        if window is not self.main:
            window.setVisible(True)
            bring_fronts(self.docks, frame.root)
        self._give_shares(window, frame)

    def _reveal(self) -> Iterator[None]:
        for dock in [dock for dock in self.docks.values() if dock.is_held]:
            if dock.reveal():
                yield

    def finish(self) -> None:
        """Have what is being set up stand at once."""
        self._turns.finish()

    def proportion(self) -> None:
        """Give each panel its share of its window as large as that is now."""
        if self._is_building:
            return
        self._settling.start()
        if self._before is None:
            for window, frame in zip(self.windows, self._latest.frames, strict=True):
                self._give_shares(window, frame)

    def _give_shares(self, window: FrameWindow, frame: Frame) -> None:
        if frame.root is not None and window.isVisible() and not self.is_foreign:
            proportion(window, self.docks, frame.root)

    def _change(self, change: Callable[[Arrangement], Arrangement], *, at_once: bool = True, front: str = "") -> None:
        """Moved by name and not by hand; it counts as a change of the user's."""
        self._build_whole()
        now, is_whole = self.arrangement(), self.is_whole
        wanted = change(now)
        self._before = None
        empty = {n for n, frame in enumerate(wanted.frames) if n and not frame.keys}
        for side in [self.sides[n - 1] for n in empty if n <= len(self.sides)]:
            self._drop(side)
        stands = None if is_whole or self.is_foreign else now.without_frames(empty)
        self._set_up(wanted.without_frames(empty), stands, at_once=at_once, front=front)
        self.changed.emit()

    def _build_whole(self) -> None:
        """What is being set up is in its places, be it in sight or not, before something else is done with it."""
        while self._is_building and self._turns.is_under_way:
            self._turns.step()

    def _stand(self) -> None:
        """Whatever became of the last step, nothing stays covered, and the keys are where they were."""
        for _ in self._reveal():
            pass
        had, self._had_keys = self._had_keys, None
        if had is not None and self._with_keys() is None:
            return_keys(had, self.windows)
        if self._is_building:
            self._is_building = False
            self._settling.start()

    # --- one panel ---

    def is_open(self, key: str) -> bool:
        return key in self.arrangement().keys

    def bring(self, key: str, *, with_keys: bool = True) -> None:
        """Open it if need be, in front. Raises KeyError for a key that can be none's."""
        self._build_whole()
        dock = self.panels.open(key, self._memory.pop(key, {}))
        if not self.is_open(key):
            self._change(lambda now: moves.opened(now, key, self._standard))
        elif dock.isHidden():
            self.toggle_whole()
        self._come_forward(key, with_keys=with_keys)

    def _come_forward(self, key: str, *, with_keys: bool = True) -> None:
        dock = self.docks[key]
        dock.come_forward()
        dock.reveal()
        if with_keys:
            dock.window().activateWindow()
            dock.panel.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_panel(self, key: str) -> None:
        """Out of sight; an extra one ends."""
        if self.is_open(key):
            self._change(lambda now: moves.without(now, [key]))

    def toggle(self, key: str) -> None:
        (self.close_panel if self.is_open(key) else self.bring)(key)

    def add(self, kind: str) -> str | None:
        """One more of a kind beside the one used last; its key, or None when there are too many."""
        self._build_whole()
        key = self.panels.free_key(kind)
        if key is not None:
            focused = self.panel_with_keys() or ""
            mate = focused if focused.partition(".")[0] == kind else kind
            self.panels.open(key)
            panel = self.panels.panels[key]
            if isinstance(panel, MarketPanel) and panel.has_interval:
                # A further one keeps its timeframe while the first follows its group.
                panel.share_interval(False)
            self._change(lambda now: moves.added(now, key, mate), at_once=False, front=key)
        return key

    def four_charts(self) -> None:
        """Two by two in the place of the first chart, new ones in longer timeframes."""
        self._build_whole()
        new = [key for key in moves.FOUR if key not in self.docks]
        self._memory |= {key: own_interval(one) for key, one in zip(new, FOUR_INTERVALS, strict=False)}
        self._change(moves.four_charts, at_once=False)

    def new_window(self, key: str = "") -> None:
        """With this panel, or with one more chart."""
        self._build_whole()
        chosen = key or self.panels.free_key("chart") or "chart"
        self._change(lambda now: moves.in_own_window(now, chosen), at_once=False)

    def move(self, key: str, window: FrameWindow) -> None:
        self._build_whole()
        at = self.windows.index(window)
        self._change(lambda now: moves.moved(now, key, at))

    @property
    def is_whole(self) -> bool:
        """One panel has its whole window."""
        return self._before is not None

    def toggle_whole(self, key: str = "") -> None:
        """Give one panel its whole window, or take that back."""
        self._build_whole()
        now = self.arrangement()
        if self._before is not None:
            self._before = None
            self._set_up(now, at_once=True)
            return
        key = key or self.panel_with_keys() or "chart"
        at = next((n for n, frame in enumerate(now.frames) if key in keys(frame.root)), None)
        if at is not None:
            self._settling.start()
            alone = Frame(Tabs((key,), key))
            self._hold(now, [now.frames[at]])
            self._put(self.windows[at], alone)
            self._before = now
            self.docks[key].reveal()
            self._turns.start(self._reveal())

    def panel_with_keys(self) -> str | None:
        """The panel that has the keyboard."""
        focused = self._with_keys()
        return next((key for key, dock in self.docks.items() if focused and dock.isAncestorOf(focused)), None)

    def _with_keys(self) -> QWidget | None:
        focused = QApplication.focusWidget()
        return focused if focused and any(dock.isAncestorOf(focused) for dock in self.docks.values()) else None

    def step_tab(self, by: int) -> None:
        """The next or previous tab beside the panel that has the keys."""
        key = self.panel_with_keys()
        mates = () if key is None else moves.tabs_of(self.arrangement(), key)
        if key is not None and mates:
            self.bring(mates[(mates.index(key) + by) % len(mates)])

    # --- windows ---

    def _add_side(self, frame: Frame) -> None:
        number = len(self.sides) + 2
        side = SideWindow(self._context, number, self.main)
        self.sides.append(side)
        side.put(frame.rect or side.beside(number - 1), frame.spread)
        side.closing.connect(lambda: self.close_window(side))
        side.moved.connect(self._tell)
        self.window_opened.emit(side)

    def close_window(self, side: SideWindow) -> None:
        """Its panels go home, extra ones end."""
        self._build_whole()
        if side in self.sides:
            now, at = self.arrangement(), self.windows.index(side)
            extra = {key for key in self.docks if self.panels.is_extra(key)}
            self._drop(side)
            self._change(lambda _: moves.closed_window(now, at, extra, self._standard))

    def _drop(self, side: SideWindow) -> None:
        at = self.windows.index(side)
        self.sides.remove(side)
        self._latest = replace(self._latest, frames=self._latest.frames[:at] + self._latest.frames[at + 1 :])
        for dock in self.docks.values():
            if dock.parent() is side:
                side.removeDockWidget(dock)
                dock.setParent(self.main)
        side.hide()
        self.window_closed.emit(side)
        side.deleteLater()

    def close(self) -> None:
        """With the main window."""
        self._turns.drop()
        self._settling.stop()
        self._titles.stop()
        for side in tuple(self.sides):
            self._drop(side)
