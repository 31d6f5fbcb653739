"""What is done in the scripted session, from opening every panel to trading. Each act leaves the window as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from typing import get_args

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtWidgets import QDockWidget, QWidget

from hlmaster.core.model import Interval, Side
from hlmaster.settings.sections import ThemeName
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui.chart_switches import REMEMBERED
from hlmaster.ui.ladder.columns import Column, LadderColumns
from hlmaster.ui.ladder.options import Layout
from hlmaster.ui.panels.chart import ChartPanel
from hlmaster.ui.panels.ladder import LadderPanel
from hlmaster.ui.working import WorkingSize
from tests.bench.dragging import Account, dragged, price_of, stops
from tests.bench.hand import RIGHT, Hand

Act = tuple[str, Callable[[], Awaitable[object]]]
COIN = "ETH"
STUDIES = ("bollinger", "rsi", "macd", "session_vwap", "atr", "supertrend", "keltner", "swings")
WORDS = ("btc", "risk", "heat map", "log scale", "buy market", "font", "sound")
SPARED = (
    *("window.leave", "window.quit", "desk.reset", "desk.panic", "desk.flatten", "desk.cancel", "desk.halt"),
    *("sounds.try", "desk.modes", "desk.sessions", "window.full_screen", "desk.pause", "hands.palette"),
)
"""Ends the session, or is done by an act of its own."""


class Session:
    def __init__(self, hand: Hand) -> None:
        self.hand, self.window = hand, hand.window
        self.context, self.stage, self.keeper = self.window.context, self.window.stage, self.window.keeper
        self.desk = self.context.desk

    def acts(self) -> Iterator[Act]:
        """One round, each act with its name."""
        yield from self._panel_acts()
        yield from self._workspace_acts()
        yield from self._chart_acts()
        yield from self._look_acts()
        yield from self._market_acts()
        yield "palette", self.palette
        for name in ("window.settings", "window.help", "window.keys", "workspace.manage"):
            yield f"dialog {name}", self._dialog(name)
        yield from self._trading_acts()
        yield from self._every_action()
        yield "idle", lambda: asyncio.sleep(2.0)

    # --- panels and windows ---

    def _panel_acts(self) -> Iterator[Act]:
        for key in self.window._panel_set.keys:
            yield f"panel {key}", self._bring(key)

    def _bring(self, key: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            was_open = self.stage.is_open(key)
            self.stage.bring(key)
            await asyncio.sleep(0.3)
            if not was_open:
                self.stage.close_panel(key)
                await asyncio.sleep(0.2)

        return work

    def _workspace_acts(self) -> Iterator[Act]:
        for name in ("Scalping", "Swing", "Review", "Default"):
            yield f"workspace {name}", self._switch(name)
        yield "window larger and smaller", self.resize
        yield "docks resized", self.resize_docks
        yield "one panel whole", self.whole
        yield "second window", self.second_window

    def _switch(self, name: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            self.keeper.switch(name)
            await asyncio.sleep(1.0)

        return work

    async def resize(self) -> None:
        start, small = QSize(1600, 980), QSize(1280, 800)
        for step in [*range(21), *range(20, -1, -1)]:
            self.window.resize(start + (small - start) * (step / 20))
            await asyncio.sleep(0.016)
        await asyncio.sleep(0.4)

    async def resize_docks(self) -> None:
        docks: list[QDockWidget] = [self.stage.docks["chart"]]
        width = docks[0].width()
        for step in [*range(15), *range(15, -1, -1)]:
            self.window.resizeDocks(docks, [width - 8 * step], Qt.Orientation.Horizontal)
            await asyncio.sleep(0.016)
        await asyncio.sleep(0.4)

    async def whole(self) -> None:
        self.stage.toggle_whole("chart")
        await asyncio.sleep(0.3)
        self.stage.toggle_whole("chart")
        await asyncio.sleep(0.5)

    async def second_window(self) -> None:
        self.stage.new_window()
        await asyncio.sleep(1.0)
        for side in tuple(self.stage.sides):
            side.close()
        await asyncio.sleep(0.8)

    # --- charts ---

    @property
    def chart(self) -> ChartPanel:
        panel = self.window.panels["chart"]
        assert isinstance(panel, ChartPanel)
        return panel

    @property
    def canvas(self) -> QWidget:
        canvas = self.chart.chart._canvas
        assert canvas is not None
        viewport: QWidget = canvas.viewport()
        return viewport

    def _chart_acts(self) -> Iterator[Act]:
        yield "chart panned", self.pan
        yield "chart zoomed", self.zoom
        yield "crosshair", self.crosshair
        for name in STUDIES:
            yield f"indicator {name}", self._study(name)
        yield "indicators panned", self.pan
        yield "indicators picked", self.pick
        yield "indicators removed", lambda: self.hand.run("chart.remove_indicators", 0.3)
        yield "two more charts", self.more_charts
        yield "four charts", lambda: self.hand.run("chart.four", 1.5)
        yield "back to the default", self.default

    async def pan(self) -> None:
        await self.hand.run("panel.chart")
        middle = QPointF(self.canvas.width() / 2, self.canvas.height() / 3)
        for way in (300, 300, -250, -350):
            await self.hand.drag(self.canvas, middle, middle + QPointF(way, 5))
        await self.hand.run("chart.auto_scale" if not self.chart.chart.shown.auto_scale else "chart.latest")

    async def zoom(self) -> None:
        at = QPointF(self.canvas.width() / 2, self.canvas.height() / 3)
        for keys in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier):
            await self.hand.wheel(self.canvas, at, 10, keys)
            await self.hand.wheel(self.canvas, at, -20, keys)
            await self.hand.wheel(self.canvas, at, 10, keys)
        for name in ("chart.log_scale", "chart.log_scale", "chart.oldest", "chart.latest"):
            await self.hand.run(name)

    async def crosshair(self) -> None:
        width, height = self.canvas.width(), self.canvas.height()
        await self.hand.move(self.canvas, *(QPointF(x, height * x / width) for x in range(10, width, 12)))

    def _study(self, name: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            self.chart.studies.add(name)
            await asyncio.sleep(0.25)

        return work

    async def pick(self) -> None:
        await self.hand.run("chart.add_indicator", 0.3)
        await self.hand.type("vol")
        await self.hand.put_away()

    async def more_charts(self) -> None:
        for _ in range(2):
            self.stage.add("chart")
            await asyncio.sleep(0.8)

    async def default(self) -> None:
        await self.hand.run("window.arrange", 1.0)

    # --- looks and markets ---

    def _look_acts(self) -> Iterator[Act]:
        for name in (*get_args(ThemeName), "dark"):
            yield f"theme {name}", self._setting("general.theme", name)
        for on in (True, False):
            yield "privacy", self._setting("general.privacy", on)

    def _setting(self, key: str, value: object) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            self.context.setting_wanted.emit(key, value)
            await asyncio.sleep(0.6)

        return work

    def _market_acts(self) -> Iterator[Act]:
        for coin in (*self.desk.settings.market.watchlist, COIN):
            yield f"coin {coin}", self._coin(coin)
        for interval in (Interval.M5, Interval.H1, Interval.D1, Interval.M1):
            yield f"timeframe {interval}", self._interval(interval)

    def _coin(self, coin: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            self.context.select(coin)
            await asyncio.sleep(0.6)

        return work

    def _interval(self, interval: Interval) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            self.context.choose_interval(interval)
            await asyncio.sleep(0.6)

        return work

    # --- palette, dialogs, every action ---

    async def palette(self) -> None:
        for word in WORDS:
            await self.hand.run("hands.palette")
            await self.hand.type(word)
            await self.hand.key(Qt.Key.Key_Down)
            await self.hand.key(Qt.Key.Key_Escape)
        await self.hand.put_away()

    def _dialog(self, name: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            await self.hand.run(name, 0.5)
            await self.hand.put_away()
            await asyncio.sleep(0.2)

        return work

    def _every_action(self) -> Iterator[Act]:
        for action in self.context.actions.all():
            if not action.is_trading and not action.key.startswith(SPARED):
                yield f"action {action.key}", self._action(action.key)
        yield "everything as before", self.restore

    def _action(self, name: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            await self.hand.run(name, 0.12)
            await self.hand.put_away()

        return work

    async def restore(self) -> None:
        """One thing after the other, as a hand does them."""
        for side in tuple(self.stage.sides):
            side.close()
            await asyncio.sleep(0.2)
        steps: tuple[Callable[[], object], ...] = (
            lambda: self.keeper.switch("Default"),
            lambda: self.context.setting_wanted.emit("general.privacy", False),
            lambda: self.context.setting_wanted.emit("sounds.muted", True),
            lambda: self.chart.join("main"),
            lambda: self.chart.restore_state({"studies": [], "market": ["volume"], "flow": None}),
            lambda: self.chart.set_log_scale(False),
            self.show_own,
            lambda: self.context.select(COIN),
            lambda: self.context.choose_interval(Interval.M1),
        )
        for step in steps:
            step()
            await asyncio.sleep(0.2)
        await self.hand.run("window.arrange", 1.0)

    def show_own(self) -> None:
        """Of the trader's own, all, whatever the actions and the layouts of the round have left of it."""
        switches = self.chart.trading.switches
        switches.restore_state(dict.fromkeys(REMEMBERED, True))
        if switches.clicks:
            switches.flip("clicks")

    # --- trading ---

    def _trading_acts(self) -> Iterator[Act]:
        yield "arm", self.arm
        yield "ticket typed", self.ticket
        yield "market order", self.buy
        yield "ladder clicked", self.ladder
        yield "chart clicked", self.click_chart
        yield "stop dragged", self.drag_stop
        yield "orders cancelled", self.cancel
        yield "position closed", self.close

    async def arm(self) -> None:
        self.context.select(COIN)
        self.context.choose_interval(Interval.M1)
        self.context.arming.set(True)
        await self.hand.until(lambda: len(self.chart.chart.frame.series) > 50)

    async def ticket(self) -> None:
        await self.hand.run("ticket.focus")
        await self.hand.type("bl")
        await self.hand.key(Qt.Key.Key_Return)
        await self.hand.type("12")
        await self.hand.run("ticket.clear")
        self.context.quick.set_working(WorkingSize(COIN, SizeUnit.COIN, Decimal("0.1")))

    async def buy(self) -> None:
        ticket = Ticket(COIN, Side.BUY, TicketKind.MARKET, SizeUnit.COIN, Decimal("0.3"))
        await self.desk.manual.place(ticket)
        await self.hand.until(lambda: stops(self, COIN) and self.desk.portfolio.size(COIN))

    async def ladder(self) -> None:
        panel = self.window.panels["book"]
        assert isinstance(panel, LadderPanel)
        before, panel.options.layout = panel.options.layout, Layout.LADDER
        panel.options_changed()
        await self.hand.run("panel.book", 0.5)
        self.context.quick.set_working(WorkingSize(COIN, SizeUnit.COIN, Decimal("0.1")))
        view = panel.view
        if view is not None and isinstance(view.columns, LadderColumns):
            span = view.columns.span(Column.BUY)
            bids = [row for row in panel.rows if row.side is Side.BUY]
            if bids:
                await self.hand.click(panel, QPointF((span.left + span.right) / 2, bids[len(bids) // 2].top + 5))
        await self.hand.wheel(panel, QPointF(40, 60), 4)
        await self.hand.wheel(panel, QPointF(40, 60), -4)
        await asyncio.sleep(0.5)
        panel.options.layout = before
        panel.options_changed()

    async def click_chart(self) -> None:
        await self.hand.run("panel.chart")
        frame = self.chart.chart.frame
        self.context.quick.set_working(WorkingSize(COIN, SizeUnit.COIN, Decimal("0.1")))
        at = QPointF(frame.price_pane.width() / 2, frame.y_of(frame.last_price * 0.999))
        await self.hand.click(self.canvas, at, keys=Qt.KeyboardModifier.ControlModifier)
        await asyncio.sleep(0.5)
        await self.hand.click(self.canvas, at, RIGHT)
        await self.hand.put_away()

    async def drag_stop(self) -> None:
        """Taken by its line, well away from its pill."""
        if not stops(self, COIN):
            return
        account = Account(self, COIN)
        stood = price_of(stops(self, COIN)[0])
        moved = await dragged(self, account, stood, float(stood) * 0.995)
        self.chart.chart.set_auto_scale(True)
        if not moved:
            raise AssertionError("the stop did not follow the hand\n" + "\n".join(account.seen))

    async def cancel(self) -> None:
        await self.hand.run("trade.cancel_coin", 0.8)
        await self.hand.put_away()

    async def close(self) -> None:
        await self.hand.run("trade.close_100", 0.3)
        if not await self.hand.until(lambda: self.desk.portfolio.size(COIN) == 0):
            raise AssertionError("the position was not closed")
        await asyncio.sleep(0.5)
        self.context.arming.set(False)
