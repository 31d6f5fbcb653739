"""Panels about a market: the coin of their group, its state in the feed, and colours that follow the theme."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal

from hlmaster.core.model import Interval
from hlmaster.desk.desk import Desk
from hlmaster.market.coin_market import CoinMarket
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.ink import Ink
from hlmaster.ui.links import ALONE, GROUPS, MAIN, Link
from hlmaster.ui.panel import Panel
from hlmaster.ui.theme import Theme, number_font

BEAT_MS = 1_000
"""How often what ages by itself (staleness, countdowns) is looked at."""


def market_of(desk: Desk, coin: str) -> CoinMarket | None:
    """None while the venue's list has not arrived, or does not name the coin."""
    try:
        return desk.feed.market(coin)
    except KeyError:
        return None


def decimals_of(market: CoinMarket, price: float) -> int:
    """Of prices near ``price`` at this market, the same everywhere."""
    return figures.decimals_near(price, market.instrument.size_decimals) if price > 0 else 2


class MarketPanel(Panel):
    """``coin`` and ``interval`` follow the panel's group, the main one unless ``join`` chose another. ``beat`` runs
    once a second while the panel is visible."""

    IS_MANY = True
    link_changed = Signal()
    """Another group, or the panel's timeframe became its own or the group's."""
    interval_changed = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.coin, self.interval = context.coin, context.interval
        self.link: Link = context
        self.shares_interval = True
        self._name = self.TITLE
        self.link_changed.connect(self.memory_changed)
        self.interval_changed.connect(lambda _: self.memory_changed.emit())
        self._follow()
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat_if_visible)
        self._timer.start()

    @property
    def market(self) -> CoinMarket | None:
        return market_of(self.context.desk, self.coin)

    # --- its group ---

    def select(self, coin: str) -> None:
        """Show another coin, here and in every panel of the group."""
        self.link.select(coin)

    def choose_interval(self, interval: Interval) -> None:
        """Show another timeframe, and in every panel that shares the group's."""
        if self.shares_interval:
            self.link.choose_interval(interval)
        else:
            self._take_interval(interval)

    def share_interval(self, on: bool) -> None:
        if on != self.shares_interval:
            self.shares_interval = on
            if on:
                self._take_interval(self.link.interval)
            self.link_changed.emit()

    def join(self, name: str) -> None:
        """Become one of a group: it shows the group's coin from now on. Raises KeyError for a name that is none's."""
        if name == self.link.name:
            return
        self._leave()
        alone = GROUPS[name].name == ALONE
        links = self.context.links
        self.link = Link(ALONE, self.coin, self.interval, self) if alone else links.get(name, self.coin, self.interval)
        self._follow()
        if self.link.coin != self.coin:
            self._focus(self.link.coin)
        else:
            self._tell_title()
        if self.shares_interval:
            self._take_interval(self.link.interval)
        self.link_changed.emit()

    def _follow(self) -> None:
        self.link.coin_changed.connect(self._focus)
        self.link.interval_changed.connect(self._hear_interval)

    def _leave(self) -> None:
        self.link.coin_changed.disconnect(self._focus)
        self.link.interval_changed.disconnect(self._hear_interval)
        if self.link.name == ALONE:
            self.link.deleteLater()

    def _focus(self, coin: str) -> None:
        self.coin = coin
        self._look()
        self._tell_title()
        self.show_coin()
        if self.link.name != MAIN:
            self.memory_changed.emit()

    def _hear_interval(self, interval: Interval) -> None:
        if self.shares_interval:
            self._take_interval(interval)

    def _take_interval(self, interval: Interval) -> None:
        if interval is not self.interval:
            self.interval = interval
            self.interval_changed.emit(interval)
            self.show_interval()

    def _tell_title(self) -> None:
        title = self.titled()
        if title != self.TITLE:
            self.retitle(title)

    def titled(self) -> str:
        """Its title; outside the main group with the coin, for it is not the ticket's."""
        return self._name if self.link.name == MAIN else f"{self._name} · {self.coin}"

    @property
    def has_interval(self) -> bool:
        """Whether the timeframe means anything here."""
        return type(self).show_interval is not MarketPanel.show_interval

    def save_link(self) -> dict[str, Any]:
        """Group, coin and timeframe, as plain JSON values."""
        return {
            "group": self.link.name,
            "coin": self.coin,
            "interval": self.interval.value,
            "shares_interval": self.shares_interval,
        }

    def restore_link(self, saved: dict[str, Any]) -> None:
        """Take back what ``save_link`` gave; the main group keeps the coin that it has."""
        group, coin, interval = saved.get("group"), saved.get("coin"), saved.get("interval")
        if isinstance(group, str) and group in GROUPS:
            self.join(group)
        if isinstance(coin, str) and self.link.name != MAIN:
            self.select(coin)
        self.share_interval(saved.get("shares_interval") is not False)
        if not self.shares_interval or self.link.name != MAIN:
            self.choose_interval(next((one for one in Interval if one.value == interval), self.interval))

    # --- what is shown ---

    def _beat_if_visible(self) -> None:
        if self.isVisible():
            self._look()
            self.beat()

    def catch_up_on_sight(self) -> None:
        self._beat_if_visible()

    def _look(self) -> None:
        """A coin of no list has data for as long as it is seen."""
        self.context.desk.watched.look_at(self.coin)

    def show_coin(self) -> None:
        """Another coin came into focus."""
        self.update()

    def show_interval(self) -> None:
        """Another timeframe was chosen."""

    def beat(self) -> None:
        self.update()


class PaintedPanel(MarketPanel):
    """A panel that paints itself whole, in figures of one size and captions of a smaller one."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.dress(context.theme)
        context.theme_changed.connect(self.dress)

    def dress(self, theme: Theme) -> None:
        self.theme = theme
        self.ink = Ink(number_font(theme.font_pixels))
        self.strong_ink = Ink(number_font(theme.font_pixels, strong=True))
        self.small_ink = Ink(number_font(theme.font_pixels - 1))
        self.update()
