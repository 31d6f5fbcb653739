"""Colour groups: panels of one group show the same coin, and the same timeframe where they share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from PySide6.QtCore import QObject, Signal

from hlmaster.core.model import Interval

MAIN, ALONE = "main", "none"


@dataclass(frozen=True, slots=True)
class Group:
    """``tone`` is the name of a token of the theme; ``help`` one sentence for the menu."""

    name: str
    title: str
    tone: str
    help: str


_COLOURED = "Panels of this colour show the same coin."
GROUPS: Mapping[str, Group] = MappingProxyType(
    {
        group.name: group
        for group in (
            Group(MAIN, "Main", "muted", "Follows the coin in focus, with the ticket and the proposals."),
            Group("blue", "Blue", "group_blue", _COLOURED),
            Group("green", "Green", "group_green", _COLOURED),
            Group("amber", "Amber", "group_amber", _COLOURED),
            Group("violet", "Violet", "group_violet", _COLOURED),
            Group(ALONE, "No group", "faint", "Keeps a coin of its own."),
        )
    }
)


class Link(QObject):
    """What the panels of one group share. The main group's is the context itself."""

    coin_changed = Signal(str)
    interval_changed = Signal(object)

    def __init__(self, name: str, coin: str, interval: Interval, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name, self.coin, self.interval = name, coin, interval

    def select(self, coin: str) -> None:
        if coin != self.coin:
            self.coin = coin
            self.coin_changed.emit(coin)

    def choose_interval(self, interval: Interval) -> None:
        if interval is not self.interval:
            self.interval = interval
            self.interval_changed.emit(interval)


class Links:
    """One ``Link`` for each colour, made when it is first asked for."""

    def __init__(self, main: Link) -> None:
        self._links = {MAIN: main}

    def get(self, name: str, coin: str, interval: Interval) -> Link:
        """``coin`` and ``interval``: what a colour begins with that no panel has had. Raises KeyError for a name that
        is no group's that panels share."""
        if GROUPS[name].name == ALONE:
            raise KeyError(name)
        if name not in self._links:
            self._links[name] = Link(name, coin, interval, self._links[MAIN])
        return self._links[name]
