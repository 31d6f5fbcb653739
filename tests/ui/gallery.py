"""Pictures of the window and of each panel in every state: ``python -m tests.ui.gallery OUT [--only STATE …]``.

For eyes: ``OUT/STATE-THEME-SIZE.png`` is the window, ``OUT/STATE-THEME-panels.png`` a sheet of all panels.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from email.utils import formatdate
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.update({"HLM_NEWS__ENABLED": "false", "HLM_ANALYST__ENABLED": "false"})

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from hlmaster.core.events import BookSnapshot, FillsReported, Level, LinkChanged, LinkState, Trade, Trades
from hlmaster.core.logs import LogRing
from hlmaster.core.model import Interval, Side
from hlmaster.core.opinions import Question
from hlmaster.core.orders import Fill, OrderStatus, VenueOrder
from hlmaster.core.proposals import Policy
from hlmaster.core.signals import Check, Direction, Opportunity, OpportunityChanged
from hlmaster.settings import Settings
from hlmaster.storage.sessions import Sessions
from hlmaster.ui import qt
from hlmaster.ui.figures import hide_money
from hlmaster.ui.loop import Loop
from hlmaster.ui.palettes import SCHEMES
from hlmaster.ui.theme import number_font
from hlmaster.ui.window import Window
from hlmaster.ui.workspaces.shipped import DEFAULT, SHIPPED
from tests.desk.advising.keys import MemoryVault
from tests.insight.fake_ollama import FakeOllama
from tests.insight.sentiment.press import Press, feed, page
from tests.ui import market_desk
from tests.ui.advised import NOBODY, says
from tests.ui.desks import Held, TradingScene, trading
from tests.ui.proposals import STRATEGY, Cards

D = Decimal
SIZES = ((1280, 800), (1600, 980), (2560, 1440))
USUAL = (1600, 980)
SHEET_WIDTH = 2000
CAPTION = 18
MANY = 200
SETTLING = 0.4
"""Seconds: what follows a change has been painted."""
ORDERS = 500
LONG_NAMES = {"kDOGWIFHATBABY": (3.1416, 1), "MICROSTRATEGYTOKENS": (412.35, 2), "FARTCOINUNCHAINED": (0.0412, 0)}
EXTREMES = {"TINY": (0.0000123, 0), "HUGE": (123_456.7, 5)}
"""Coins and their size decimals, beside those of the desk in memory."""


@dataclass(frozen=True, slots=True)
class State:
    """``prepare`` brings the scene there once the window stands; the coin in focus is ``coin``.

    ``is_advised``: a model answers and a feed prints; else the analyst speaks by rules and the news are off.
    """

    prepare: Callable[[TradingScene, Window], Awaitable[None]]
    coin: str = "ETH"
    starts: bool = True
    is_advised: bool = False
    workspace: str = ""


async def _nothing(scene: TradingScene, window: Window) -> None:
    """As it comes."""


async def _connecting(scene: TradingScene, window: Window) -> None:
    scene.bus.publish(LinkChanged(LinkState.CONNECTING, "Asking the exchange for its list of markets."))


async def _busy(scene: TradingScene, window: Window) -> None:
    _list_coins(scene, ["ETH", "BTC", "SOL", "DOGE"])
    scene.desk.roster.change(STRATEGY, armed=True, policy=Policy.ASK)
    _hold(scene, "ETH", "0.42", 0.998)
    for coin, size, of_price in (("BTC", "0.01", 1.0), ("BTC", "-0.01", 1.004), ("SOL", "2", 1.0), ("SOL", "-2", 0.99)):
        _hold(scene, coin, size, of_price)
    _hold(scene, "SOL", "-12", 1.006)
    _hold(scene, "DOGE", "15000", 0.97)
    _rest(scene, 1, "ETH", Side.BUY, "3400")
    _rest(scene, 2, "ETH", Side.SELL, "3490.5")
    _rest(scene, 3, "BTC", Side.BUY, "95000", "0.01")
    _rest(scene, 4, "SOL", Side.BUY, "238")
    for coin in ("ETH", "BTC"):
        _trade(scene, coin)
        await scene.desk.charts.show(coin, Interval.M1)
    _offer(scene, "ETH", 3434.6, 0.1)
    await scene.account_told()
    Cards(scene).say("ETH")
    Cards(scene).say("BTC")
    for coin, passed in (("SOL", (True, True, None, False)), ("HYPE", (True, True, True, True))):
        names = zip(("momentum", "book skew", "volume", "cool-down"), passed, ("", "", "", "12 s"), strict=True)
        checks = tuple(Check(name, ok, text) for name, ok, text in names)
        row = Opportunity("momentum_scalper", coin, Direction.LONG, "momentum +0.051 % in 5 s", checks, market_desk.NOW)
        scene.bus.publish(OpportunityChanged(row.strategy, coin, row))


async def _private(scene: TradingScene, window: Window) -> None:
    await _busy(scene, window)
    window.context.actions.run("view.privacy")


async def _cards(scene: TradingScene, window: Window) -> None:
    """One that may be approved and one that a limit blocks."""
    _list_coins(scene, ["ETH", "BTC"])
    scene.desk.roster.change(STRATEGY, armed=True, policy=Policy.ASK)
    for coin, direction in (("ETH", Direction.LONG), ("BTC", Direction.SHORT)):
        await scene.desk.charts.show(coin, Interval.M1)
        await asyncio.sleep(SETTLING)
        Cards(scene).say(coin, direction)


async def _second_window(scene: TradingScene, window: Window) -> None:
    await _busy(scene, window)
    window.stage.new_window("trades")


async def _stale(scene: TradingScene, window: Window) -> None:
    await _busy(scene, window)
    await asyncio.sleep(7)


async def _disconnected(scene: TradingScene, window: Window) -> None:
    await _busy(scene, window)
    sentence = "The exchange closed the connection."
    scene.bus.publish(LinkChanged(LinkState.RECONNECTING, sentence, attempt=3, retry_in_seconds=4.0))


async def _halted(scene: TradingScene, window: Window) -> None:
    await _busy(scene, window)
    scene.desk.brake.engage("you", "The kill switch was pressed.")


async def _many(scene: TradingScene, window: Window) -> None:
    coins = [f"C{number:03}" for number in range(MANY)]
    _list_coins(scene, coins)
    for number, coin in enumerate(coins):
        _hold(scene, coin, str((-1) ** number * (number + 1)), 1 + 0.0003 * (number % 31 - 15))
        _rest(scene, 1_000 + number, coin, Side.BUY if number % 2 else Side.SELL, "90")
    await scene.account_told()


async def _long(scene: TradingScene, window: Window) -> None:
    _list_coins(scene, ["BTC", "DOGE"])
    scene.venue.cash = D("987654321098.76")
    _hold(scene, "BTC", "123456.78901", 0.93)
    _hold(scene, "DOGE", "-98765432109", 1.4)
    _rest(scene, 1, "DOGE", Side.BUY, "0.123456", "12345678901")
    await scene.account_told()


async def _names(scene: TradingScene, window: Window) -> None:
    """Names as long as they come, and five hundred orders."""
    _list_coins(scene, [*LONG_NAMES])
    for number, coin in enumerate(LONG_NAMES):
        _hold(scene, coin, str(12_345 * (-1) ** number), 1.01)
        _trade(scene, coin)
    for number in range(ORDERS):
        coin = [*LONG_NAMES][number % len(LONG_NAMES)]
        _rest(scene, 5_000 + number, coin, Side.BUY, f"{2 + number / 1000:.3f}", "123456.7")
    await scene.account_told()


async def _extreme(scene: TradingScene, window: Window) -> None:
    _list_coins(scene, [*EXTREMES])
    _hold(scene, "TINY", "81234567", 0.99)
    _hold(scene, "HUGE", "0.00042", 1.01)
    _rest(scene, 1, "TINY", Side.BUY, "0.0000119", "5000000")
    _rest(scene, 2, "HUGE", Side.SELL, "125000", "0.001")
    for coin in EXTREMES:
        _trade(scene, coin)
    await scene.account_told()


STATES = {
    "first_start": State(_nothing, starts=False),
    "connecting": State(_connecting, starts=False),
    "empty": State(_nothing),
    "busy": State(_busy, is_advised=True),
    "private": State(_private, is_advised=True),
    "cards": State(_cards),
    "stale": State(_stale),
    "disconnected": State(_disconnected),
    "halted": State(_halted),
    "many": State(_many),
    "long": State(_long, coin="BTC"),
    "names": State(_names, coin="kDOGWIFHATBABY"),
    "tiny": State(_extreme, coin="TINY"),
    "huge": State(_extreme, coin="HUGE"),
    **{name.lower(): State(_busy, workspace=name) for name in SHIPPED if name != DEFAULT},
    "second_window": State(_second_window),
}


def _list_coins(scene: TradingScene, coins: list[str]) -> None:
    for coin in coins:
        scene.tell(coin)


def _hold(scene: TradingScene, coin: str, size: str, of_price: float) -> None:
    """Bought or sold at this share of the present price, and known to the desk by its fill."""
    bid, signed = scene.venue.quotes[coin][0], D(size)
    _fill(scene, coin, signed, (bid * D(str(of_price))).quantize(bid))


def _fill(scene: TradingScene, coin: str, signed: Decimal, price: Decimal) -> None:
    held = scene.venue.held.setdefault(coin, Held())
    before, closed = held.size, -signed * (price - held.entry) if held.size * signed < 0 else D(0)
    held.entry, held.size = (held.entry if closed else price), before + signed
    fee = (abs(signed) * price * D("0.00045")).quantize(D("0.000001"))
    scene.venue.cash += closed - fee
    now, trade = scene.clock.now_ms(), len(scene.venue.booked) + 1
    side = Side.BUY if signed > 0 else Side.SELL
    fill = Fill(coin, side, price, abs(signed), now, trade, trade, None, fee, closed, before, is_maker=False)
    scene.venue.booked.append(fill)
    scene.bus.publish(FillsReported((fill,)))


def _rest(scene: TradingScene, number: int, coin: str, side: Side, price: str, size: str = "0.5") -> None:
    name, now = f"0x{number:032x}", scene.clock.now_ms()
    order = VenueOrder(coin, side, D(price), D(size), D(size), number, name, now, status=OrderStatus.RESTING)
    scene.venue.open[name] = order


def _trade(scene: TradingScene, coin: str) -> None:
    price, decimals = market_desk.PRICES[coin]
    now, tick = scene.clock.now_ms(), 10.0 ** (math.floor(math.log10(price)) - 4)
    told = [
        Trade(
            coin,
            now - 900 * i,
            round(price + tick * (i % 5 - 2), 9),
            round(10 ** (i % 3) / 7, decimals),
            i % 3 > 0,
            100 - i,
        )
        for i in range(40, 0, -1)
    ]
    scene.bus.publish(Trades(coin, told))


def _offer(scene: TradingScene, coin: str, bid: float, tick: float) -> None:
    """A book of twenty levels a side, newer than the one that stands."""
    sizes = [round(7 * (1 + number * 7 % 11) / 5, 2) for number in range(1, 21)]
    bids, asks = (
        [Level(round(best + step * level, 6), size, 3) for level, size in enumerate(sizes)]
        for best, step in ((bid, -tick), (bid + tick, tick))
    )
    for fast in (False, True):
        scene.bus.publish(BookSnapshot(coin, scene.clock.now_ms() + 1, bids, asks, fast))


HEADLINES = ("Ethereum surges to a record high as traders are bullish", "Exchange outage worries holders of ether")


@contextlib.asynccontextmanager
async def advice(state: State) -> AsyncIterator[dict[str, object]]:
    """The settings of the analyst and the news."""
    silent = {"feeds": (), "subreddits": (), "reddit": "", "fear_greed": "", "senticrypt": "", "cryptocompare": ""}
    if not state.is_advised:
        yield {"analyst": {"host": NOBODY, "on_candle": False}, "news": {"enabled": False, **silent}}
        return
    answer = says(stop=3400.0, target=3500.0, entry=3434.0)
    async with FakeOllama(answer=answer) as server, Press() as press:
        now = market_desk.NOW / 1000
        items = [f"<title>{line}</title><pubDate>{formatdate(now - 300)}</pubDate>" for line in HEADLINES]
        press.pages = {"/feed": page(feed(*items))}
        news = {**silent, "enabled": True, "feeds": (f"{press.url}/feed",)}
        yield {"analyst": {"host": server.host, "on_candle": False}, "news": news}


@contextlib.asynccontextmanager
async def shown(state: State, theme: str, size: tuple[int, int]) -> AsyncIterator[Window]:
    """The window in this state; it ends with the block."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with advice(state) as advising:
            general = {"theme": theme, "on_leaving": "keep"}
            settings = Settings.model_validate({"general": general, "protection": {"stop": "off"}, **advising})
            session = folder / "sessions" / "demo"
            session.mkdir(parents=True)
            async with trading(
                "ETH", settings=settings, start=state.starts, folder=session, counsel=MemoryVault()
            ) as scene:
                file, sessions = folder / "settings.toml", Sessions(folder, scene.clock)
                window = Window(scene.desk, file, Settings.load(file)[1], LogRing(), sessions)
                window.open(size)
                try:
                    await prepared(state, scene, window)
                    yield window
                finally:
                    hide_money(False)
                    await window.shut()


async def prepared(state: State, scene: TradingScene, window: Window) -> None:
    await asyncio.sleep(SETTLING)
    window.context.select(state.coin)
    if state.workspace:
        window.keeper.switch(state.workspace)
    await state.prepare(scene, window)
    if state.starts:
        await scene.desk.reconciler.run_until_done()
    if state.is_advised and scene.desk.advising is not None:
        scene.desk.advising.analyst.ask(state.coin, Question.MARKET)
    await asyncio.sleep(3 * SETTLING)


async def panels_sheet(window: Window) -> QPixmap:
    """Every panel as wide and high as its dock gives it, below its key."""
    pictures = []
    for key, dock in window.docks.items():
        dock.show()
        dock.raise_()
        await asyncio.sleep(0.03)
        pictures.append((key, dock.grab()))
    places, corner, row_height = [], QPoint(0, 0), 0
    scale = pictures[0][1].devicePixelRatio()
    for key, picture in pictures:
        size = picture.deviceIndependentSize().toSize()
        if corner.x() + size.width() > SHEET_WIDTH:
            corner, row_height = QPoint(0, corner.y() + row_height), 0
        places.append((key, picture, QPoint(corner)))
        corner.setX(corner.x() + size.width() + 12)
        row_height = max(row_height, size.height() + CAPTION + 8)
    sheet = QPixmap(QSize(SHEET_WIDTH, corner.y() + row_height) * scale)
    sheet.setDevicePixelRatio(scale)
    sheet.fill(window.palette().color(window.backgroundRole()))
    painter = QPainter(sheet)
    painter.setFont(number_font())
    painter.setPen(window.palette().color(window.foregroundRole()))
    for key, picture, at in places:
        painter.drawText(QRect(at.x(), at.y(), picture.width(), CAPTION), 0, key)
        painter.drawPixmap(at + QPoint(0, CAPTION), picture)
    painter.end()
    return sheet


async def photograph(out: Path, states: list[str], themes: list[str], sizes: list[tuple[int, int]]) -> None:
    keeper = QWidget()
    keeper.show()
    for name in states:
        for theme in themes:
            for size in sizes:
                async with shown(STATES[name], theme, size) as window:
                    window.save_picture(out / f"{name}-{theme}-{size[0]}.png")
                    for number, side in enumerate(window.stage.sides, 2):
                        side.grab().save(str(out / f"{name}-{theme}-{size[0]}-{number}.png"))
                    if size == sizes[0]:
                        (await panels_sheet(window)).save(str(out / f"{name}-{theme}-panels.png"))


def _size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="*", choices=STATES, default=list(STATES))
    parser.add_argument("--theme", nargs="*", choices=SCHEMES, default=["dark"])
    parser.add_argument("--every-size", action="store_true")
    parser.add_argument("--size", type=_size, help="one size, as 1280x720, in pixels before they are scaled")
    parser.add_argument("--scale", type=int, default=100, help="per cent")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    market_desk.PRICES |= EXTREMES | LONG_NAMES | {f"C{number:03}": (100.0 + number, 2) for number in range(MANY)}
    sizes = list(SIZES) if arguments.every_size else [arguments.size or USUAL]
    application = qt.application(sys.argv[:1], arguments.scale)
    with asyncio.Runner(loop_factory=lambda: Loop(application)) as runner:
        runner.run(photograph(arguments.out, arguments.only, arguments.theme, sizes))


if __name__ == "__main__":
    main()
