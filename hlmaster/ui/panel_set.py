"""The panels there are: each kind once, and of those about a market as many as are wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from itertools import count
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from hlmaster.core.logs import LogRing
from hlmaster.ui.context import Context
from hlmaster.ui.dock import PanelDock
from hlmaster.ui.market_panel import MarketPanel
from hlmaster.ui.panel import Panel, panel_around
from hlmaster.ui.panels.account_check import AccountCheckPanel
from hlmaster.ui.panels.analyst import AnalystPanel
from hlmaster.ui.panels.approvals import ApprovalsPanel
from hlmaster.ui.panels.chart import ChartPanel
from hlmaster.ui.panels.equity import EquityPanel
from hlmaster.ui.panels.fills import FillsPanel
from hlmaster.ui.panels.history import HistoryPanel
from hlmaster.ui.panels.journal import JournalPanel
from hlmaster.ui.panels.ladder import LadderPanel
from hlmaster.ui.panels.log import LogPanel
from hlmaster.ui.panels.opportunities import OpportunitiesPanel
from hlmaster.ui.panels.orders import OrdersPanel
from hlmaster.ui.panels.positions import PositionsPanel
from hlmaster.ui.panels.risk import RiskPanel
from hlmaster.ui.panels.sentiment import SentimentPanel
from hlmaster.ui.panels.signals import SignalsPanel
from hlmaster.ui.panels.strategies import StrategiesPanel
from hlmaster.ui.panels.tape import TapePanel
from hlmaster.ui.panels.ticket import TicketPanel
from hlmaster.ui.panels.tools import ToolsPanel
from hlmaster.ui.panels.watchlist import WatchlistPanel

ALWAYS: tuple[type[Panel], ...] = (
    WatchlistPanel,
    OpportunitiesPanel,
    ChartPanel,
    LadderPanel,
    TapePanel,
    ApprovalsPanel,
    TicketPanel,
    ToolsPanel,
    AnalystPanel,
    SentimentPanel,
    PositionsPanel,
    OrdersPanel,
    FillsPanel,
    HistoryPanel,
    AccountCheckPanel,
    EquityPanel,
    SignalsPanel,
    RiskPanel,
    StrategiesPanel,
    JournalPanel,
)
"""Made with the window, open or not: what they hear counts."""
LATER: Mapping[str, tuple[str, str, str]] = {
    "heatmap": ("Heatmap", "hlmaster.ui.panels.heatmap", "HeatmapPanel"),
    "footprint": ("Footprint", "hlmaster.ui.panels.footprint", "FootprintPanel"),
}
"""Made and imported when they are first opened, by their keys: title, module and class."""
MOST_OF_A_KIND = 12


def kind_of(key: str) -> str:
    """``chart`` for ``chart.2``."""
    return key.partition(".")[0]


class PanelSet(QObject):
    """``opened`` and ``ended`` carry a key. A panel's key is its kind's, or that with a number from 2 on."""

    opened = Signal(str)
    ended = Signal(str)

    def __init__(self, context: Context, ring: LogRing, window: QMainWindow) -> None:
        super().__init__(window)
        self._context, self._window = context, window
        self._kinds: dict[str, Callable[[Context], Panel]] = {kind.KEY: kind for kind in ALWAYS}
        self._kinds[LogPanel.KEY] = lambda context: LogPanel(context, ring)
        self._titles = {kind.KEY: kind.TITLE for kind in ALWAYS} | {LogPanel.KEY: LogPanel.TITLE}
        for key, (title, module, name) in LATER.items():
            self._kinds[key] = partial(_made, module, name)
            self._titles[key] = title
        self._many = {kind.KEY for kind in ALWAYS if kind.IS_MANY} | set(LATER)
        self.panels: dict[str, Panel] = {}
        self.docks: dict[str, PanelDock] = {}
        for key in (kind for kind in self._kinds if kind not in LATER):
            self.open(key)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        """Of two charts, the one that was used last is the one that actions mean."""
        panel = panel_around(now)
        if panel is not None and panel.context is self._context:
            self._context.actions.prefer(panel)

    @property
    def many(self) -> tuple[str, ...]:
        """Kinds of which several can be open."""
        return tuple(key for key in self._kinds if key in self._many)

    @property
    def keys(self) -> tuple[str, ...]:
        """Everything that can be opened: a kind not made yet, and each panel there is."""
        return tuple(dict.fromkeys((*self._kinds, *self.panels)))

    def title(self, key: str) -> str:
        """For menus: what it is called whatever it shows."""
        kind = kind_of(key)
        number = key.removeprefix(kind).lstrip(".")
        return f"{self._titles[kind]} {number}".strip()

    def can_be(self, key: str) -> bool:
        """Whether a panel may have this key."""
        kind = kind_of(key)
        number = key.removeprefix(kind).lstrip(".")
        if kind not in self._kinds or not number:
            return key in self._kinds
        return kind in self._many and number.isdecimal() and 2 <= int(number) <= MOST_OF_A_KIND

    def open(self, key: str, memory: Mapping[str, Any] = MappingProxyType({})) -> PanelDock:
        """The panel's dock, made if need be with what it remembers, not yet anywhere. Raises KeyError for a key that
        can be none's."""
        if key not in self.docks:
            if not self.can_be(key):
                raise KeyError(key)
            panel = self._kinds[kind_of(key)](self._context)
            panel.setObjectName(key)
            self.panels[key] = panel
            self.recall(key, memory)
            dock = self.docks[key] = PanelDock(panel, key, self._window)
            dock.hide()
            self.opened.emit(key)
        return self.docks[key]

    def free_key(self, kind: str) -> str | None:
        """For one more of a kind; None when there are as many as can be."""
        numbers = (str(number) for number in count(2) if number <= MOST_OF_A_KIND + 1)
        found = next(f"{kind}.{number}" for number in numbers if f"{kind}.{number}" not in self.panels)
        return found if self.can_be(found) else None

    def is_extra(self, key: str) -> bool:
        return key not in self._kinds

    def end(self, key: str) -> None:
        """Only an extra one: it is gone with all that it heard."""
        dock, panel = self.docks.pop(key), self.panels.pop(key)
        panel.release()
        dock.hide()
        dock.deleteLater()
        self.ended.emit(key)

    # --- memory ---

    def memory(self) -> dict[str, dict[str, Any]]:
        """What each remembers, as plain JSON values."""
        return {key: _memory(panel) for key, panel in self.panels.items()}

    def recall(self, key: str, memory: Mapping[str, Any]) -> None:
        """What a panel remembered; of what nothing is said stays as it is."""
        panel, link, state = self.panels[key], memory.get("link"), memory.get("state")
        if isinstance(panel, MarketPanel) and isinstance(link, dict):
            panel.restore_link(link)
        if isinstance(state, dict):
            panel.restore_state(state)


def _made(module: str, name: str, context: Context) -> Panel:
    panel = getattr(import_module(module), name)(context)
    assert isinstance(panel, Panel)
    return panel


def _memory(panel: Panel) -> dict[str, Any]:
    state: dict[str, Any] = {"state": panel.save_state()}
    return {**state, "link": panel.save_link()} if isinstance(panel, MarketPanel) else state
