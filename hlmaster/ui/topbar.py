"""The strip at the top: mode, session, the coin in focus, the account, and the two switches that stop things."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from hlmaster.core.clock import HOUR_MS, SECOND_MS
from hlmaster.core.events import Severity, TradingState, TradingStateChanged
from hlmaster.core.model import Mode
from hlmaster.ui import figures
from hlmaster.ui.auto_execute import AutoExecuteButton
from hlmaster.ui.context import Context
from hlmaster.ui.hands.arming_switch import ArmingSwitch
from hlmaster.ui.hands.panic import PanicButton
from hlmaster.ui.hands.shortcuts import ARM, set_hint
from hlmaster.ui.kill_switch import STRENGTHS
from hlmaster.ui.readout import Readout
from hlmaster.ui.theme import restyle

REFRESH_MS = 250
SPACING, MARGINS = 16, (14, 0, 12, 0)
SWITCH_SPACING = 10
PAUSE = "Stop new entries; exits, stops and cancels go on. Again to resume"
BACK_AGAIN = 8
"""Pixels to spare before something comes back, so that a figure that grows by a digit does not blink."""
BADGES = {
    Mode.DEMO: "DEMO · embedded exchange",
    Mode.PAPER: "PAPER · live data",
    Mode.TESTNET: "TESTNET · test money",
    Mode.LIVE: "LIVE · real money",
}


class TopBar(QWidget):
    """``menu_wanted`` asks the window for its menu below the button that was pressed."""

    menu_wanted = Signal(QWidget)
    session_wanted = Signal()
    mode_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setProperty("role", "topbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(52)
        # Less than its parts need: it leaves out some of them rather than hold the window open.
        self.setMinimumWidth(1)
        self._badge = QPushButton(self._badge_text())
        self._badge.setProperty("role", "badge")
        self._badge.setProperty("mode", str(context.desk.mode))
        self._badge.setFixedHeight(24)
        self._badge.setAccessibleName(f"Mode: {self._badge_text()}")
        self._badge.clicked.connect(self.mode_wanted)
        self._session = Readout("Session", "default", "Click to list, open, reset or export sessions.")
        self._session.setCursor(Qt.CursorShape.PointingHandCursor)
        self._mark = Readout("Mark", "00,000.0", "The price that margin, liquidation and triggers go by.")
        self._oracle = Readout("Oracle", "00,000.0", "The outside price; funding is paid on it.")
        self._funding = Readout(
            "Funding / next", "+0.0000% 00:00", "Per hour; longs pay when positive. And the time to it."
        )
        self._day = Readout("24h", "+00.00%", "Change of the mark price since this time yesterday.")
        self._equity = Readout("Equity", "$00,000.00", "Cash and unrealised profit together.")
        self._today = Readout("Today", "+$000.00 · 0 trades", "Since 00:00 UTC, net of fees, funding and transfers.")
        self._available = Readout("Available", "$00,000.00", "Collateral free for new positions.")
        self.auto_execute = AutoExecuteButton(context)
        self.arming = ArmingSwitch(context)
        self._pause = QPushButton("❚❚ Pause")
        self._pause.setMinimumWidth(self._pause.fontMetrics().horizontalAdvance("❚❚ Resume") + 28)
        self.panic = PanicButton(context)
        self._menu = QPushButton("☰")
        self._menu.setProperty("role", "ghost")
        self._menu.setAccessibleName("Menu")
        self.show_keys(lambda _: "")
        self._step = 0
        self._lay_out()
        self._pause.clicked.connect(self.toggle_pause)
        self._menu.clicked.connect(lambda: self.menu_wanted.emit(self._menu))
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        context.coin_changed.connect(lambda _: self.refresh())
        context.bridge.on_fact(self, TradingStateChanged, lambda _: self._show_state())
        self.refresh()

    def _lay_out(self) -> None:
        brand = QLabel("HyperliquidMaster")
        brand.setProperty("role", "brand")
        row = QHBoxLayout(self)
        row.setContentsMargins(*MARGINS)
        row.setSpacing(SPACING)
        left: tuple[QWidget, ...] = (
            brand,
            self._badge,
            self._session,
            self._mark,
            self._oracle,
            self._funding,
            self._day,
        )
        for widget in left:
            row.addWidget(widget)
        row.addStretch(1)
        right = (self._equity, self._today, self._available)
        for widget in right:
            row.addWidget(widget)
        self._switches = (self.auto_execute, self.arming, self._pause, self.panic, self._menu)
        switches = QHBoxLayout()
        switches.setSpacing(SWITCH_SPACING)
        for switch in self._switches:
            switches.addWidget(switch)
        row.addLayout(switches)
        self._parts: tuple[QWidget, ...] = (*left, *right, *self._switches)
        expendable = (self._day, self._oracle, brand, self._session, self._funding, self._today)
        self._steps = [(False, expendable[:0]), *((True, expendable[:count]) for count in range(len(expendable) + 1))]
        self._session.mousePressEvent = lambda _: self.session_wanted.emit()  # type: ignore[method-assign]

    def reserve(self) -> None:
        for readout in self.findChildren(Readout):
            readout.reserve()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave out what matters least until everything else stands whole."""
        widths = {part: part.sizeHint().expandedTo(part.minimumSize()).width() for part in self._parts}
        fits = (
            number
            for number, choice in enumerate(self._steps)
            if self._needed(widths, *choice) + (BACK_AGAIN if number < self._step else 0) <= self.width()
        )
        step = next(fits, len(self._steps) - 1)
        if step == self._step:
            return
        self._step = step
        narrow, left_out = self._steps[step]
        self._badge.setText(self._badge_text(narrow=narrow))
        for part in self._parts:
            part.setVisible(part not in left_out)
        layout = self.layout()
        if layout is not None:
            layout.activate()  # with the resize, not in a painting of its own after it

    def _needed(self, widths: Mapping[QWidget, int], narrow: bool, left_out: tuple[QWidget, ...]) -> int:
        """Pixels for all that is not left out, with the whole badge or its first words."""
        shown = [width for part, width in widths.items() if part not in left_out]
        badge = self._badge.fontMetrics()
        words = badge.horizontalAdvance(self._badge_text(narrow=narrow)) - badge.horizontalAdvance(self._badge.text())
        gaps = SPACING * len(shown) - (SPACING - SWITCH_SPACING) * (len(self._switches) - 1)
        return sum(shown) + words + gaps + MARGINS[0] + MARGINS[2]

    def _badge_words(self) -> str:
        """Whose account, and until when its API wallet may trade."""
        desk, meaning = self._context.desk, "Which market and whose money this window trades. Click to choose another."
        if desk.mode not in (Mode.TESTNET, Mode.LIVE):
            return meaning
        ends = desk.access_ends_ms
        until = f"approved until {figures.moment(ends, None)}" if ends else "not checked yet"
        return f"{meaning}\nAccount {desk.account}\nIts API wallet is {until}."

    def _badge_text(self, *, narrow: bool = False) -> str:
        """With the account's last four characters where there is one; they stay in view at every width."""
        desk = self._context.desk
        name, meaning = BADGES[desk.mode].split(" · ")
        account = f" …{desk.account[-4:]}" if desk.mode in (Mode.TESTNET, Mode.LIVE) else ""
        return f"{name}{account}" if narrow else f"{name}{account} · {meaning}"

    # --- figures ---

    def refresh(self) -> None:
        self._show_figures()
        self._fit()

    def _show_figures(self) -> None:
        desk, coin = self._context.desk, self._context.coin
        self._badge.setToolTip(self._badge_words())
        self._session.show_value(desk.session.name)
        self._mark.set_caption(f"{coin} MARK")
        portfolio = desk.portfolio
        self._equity.show_value(figures.money(portfolio.equity) if desk.is_ready else figures.UNKNOWN)
        trades, gain = portfolio.day_trades, portfolio.day_pnl if desk.is_ready else None
        day = f"{figures.money(gain, signed=True)} · {trades} trade{'' if trades == 1 else 's'}"
        self._today.show_value(figures.UNKNOWN if gain is None else day, figures.tone(gain))
        if coin not in desk.instruments:
            for readout in (self._mark, self._oracle, self._funding, self._day, self._available):
                readout.show_value(figures.UNKNOWN)
            return
        market, decimals = desk.feed.market(coin), desk.instruments[coin].size_decimals
        change = market.day_change_fraction
        self._mark.show_value(figures.price(market.mark, decimals), figures.tone(change))
        self._oracle.show_value(figures.price(market.oracle, decimals))
        rate = market.context.funding_rate if market.context else None
        minutes, seconds = divmod((HOUR_MS - desk.clock.now_ms() % HOUR_MS) // SECOND_MS, 60)
        left = f"{minutes:02}:{seconds:02}"
        self._funding.show_value(f"{figures.percent(rate, 4, signed=True)} {left}", figures.tone(rate))
        self._day.show_value(figures.percent(change, signed=True), figures.tone(change))
        self._available.show_value(figures.money(desk.survey(coin).available) if desk.is_ready else figures.UNKNOWN)

    # --- switches ---

    def show_keys(self, keys_of: Callable[[str], str]) -> None:
        """Tooltips name the keys that do the same, as the user's map has them."""
        set_hint(self._pause, PAUSE, keys_of("desk.pause"))
        set_hint(self._menu, "Settings, sessions, layout, keyboard, help", "")
        self.arming.show_keys(keys_of(ARM))
        for strength in STRENGTHS:
            self.panic.show_keys(strength, keys_of(strength.key))

    def toggle_pause(self) -> None:
        desk = self._context.desk
        if desk.guard.is_restrained_by("pause"):
            desk.resume()
        else:
            desk.pause()

    def _show_state(self) -> None:
        guard = self._context.desk.guard
        paused = guard.is_restrained_by("pause")
        self._pause.setText("▶ Resume" if paused else "❚❚ Pause")
        self._pause.setProperty("role", "primary" if paused else "")
        restyle(self._pause)
        severity = Severity.WARNING if guard.state is not TradingState.ACTIVE else Severity.INFO
        self._context.notify(severity, guard.sentence)
