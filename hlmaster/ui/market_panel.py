"""Panels about a market: the coin in focus, its state in the feed, and colours that follow the theme."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Qt, QTimer

from hlmaster.core.rounding import price_decimals
from hlmaster.desk.desk import Desk
from hlmaster.market.coin_market import CoinMarket
from hlmaster.ui.context import Context
from hlmaster.ui.ink import Ink
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
    """Decimals that prices near ``price`` may have at this market."""
    return price_decimals(Decimal(repr(price)), market.instrument.size_decimals) if price > 0 else 2


class MarketPanel(Panel):
    """``coin`` follows the context. ``beat`` runs once a second while the panel is visible."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.coin = context.coin
        context.coin_changed.connect(self._focus)
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat_if_visible)
        self._timer.start()

    @property
    def market(self) -> CoinMarket | None:
        return market_of(self.context.desk, self.coin)

    def _focus(self, coin: str) -> None:
        self.coin = coin
        self.show_coin()

    def _beat_if_visible(self) -> None:
        if self.isVisible():
            self.beat()

    def show_coin(self) -> None:
        """Another coin came into focus."""
        self.update()

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
