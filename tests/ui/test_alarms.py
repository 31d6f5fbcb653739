"""What is heard of fills, stops, breakers and the connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.breakers import BreakerChanged
from hlmaster.core.events import (
    FillBooked,
    LinkChanged,
    LinkState,
    Refused,
    Rejected,
    TradingState,
    TradingStateChanged,
)
from hlmaster.core.model import Side
from hlmaster.core.orders import Fill, Order, Verdict
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui.alarms import FRESH_SECONDS, Alarms
from hlmaster.ui.sounds import Sound, Sounds
from tests.ui.desks import TradingScene, trading

D = Decimal


@asynccontextmanager
async def hearing(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, *, start: bool = False
) -> AsyncIterator[tuple[TradingScene, list[Sound]]]:
    async with trading(start=start) as scene:
        window = QWidget()
        qtbot.addWidget(window)
        sounds, heard = Sounds(scene.context, window, ()), list[Sound]()
        monkeypatch.setattr(sounds, "play", heard.append)
        Alarms(scene.context, sounds, window)
        yield scene, heard


def fill(scene: TradingScene, **changes: object) -> Fill:
    now = scene.clock.now_ms()
    made = Fill("ETH", Side.BUY, D(3000), D(1), now, 1, 1, "", D(0), D(0), D(0), False)
    return replace(made, **changes)  # type: ignore[arg-type]


async def test_an_order_that_trades_is_heard_and_the_past_is_not(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hearing(qtbot, monkeypatch, start=True) as (scene, heard):
        await scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.1")))
        assert heard == [Sound.FILL]
        old = fill(scene, time_ms=scene.clock.now_ms() - FRESH_SECONDS * 1000)
        scene.bus.publish(FillBooked(old, D(0)))
        assert heard == [Sound.FILL]


async def test_a_stop_and_a_liquidation_sound_alike(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hearing(qtbot, monkeypatch, start=True) as (scene, heard):
        scene.bus.publish(FillBooked(fill(scene, liquidation=True), D(0)))
        await scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.1")))
        stop = Ticket(
            "ETH", Side.SELL, TicketKind.STOP_MARKET, SizeUnit.COIN, D("0.1"), trigger_price=D(3000), reduce_only=True
        )
        placed = await scene.desk.manual.place(stop)
        assert placed.ok, placed.sentence
        heard.clear()
        name = placed.orders[0].client_order_id
        scene.bus.publish(FillBooked(fill(scene, client_order_id=name), D(0)))
        scene.bus.publish(FillBooked(fill(scene, liquidation=True), D(0)))
        assert heard == [Sound.STOP, Sound.STOP]


async def test_a_breaker_that_trips_is_heard_and_its_end_is_not(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hearing(qtbot, monkeypatch) as (scene, heard):
        for tripped in (True, False):
            scene.bus.publish(BreakerChanged("day loss", tripped, "", scene.clock.now_ms()))
        assert heard == [Sound.BREAKER]


async def test_a_lost_connection_is_heard_once(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hearing(qtbot, monkeypatch) as (scene, heard):
        course = (
            LinkState.CONNECTING,
            LinkState.CONNECTED,
            LinkState.RECONNECTING,
            LinkState.RECONNECTING,
            LinkState.CONNECTED,
            LinkState.FATAL,
        )
        for state in course:
            scene.bus.publish(LinkChanged(state, ""))
        assert heard == [Sound.DISCONNECT] * 2


async def test_a_part_a_target_and_a_whole_fill_sound_differently(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hearing(qtbot, monkeypatch, start=True) as (scene, heard):
        manual = scene.desk.manual
        await manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.1")))
        target = Ticket(
            "ETH",
            Side.SELL,
            TicketKind.TAKE_PROFIT_MARKET,
            SizeUnit.COIN,
            D("0.1"),
            trigger_price=D(4000),
            reduce_only=True,
        )
        resting = Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.1"), limit_price=D(3000))
        names = []
        for ticket in (target, resting):
            placed = await manual.place(ticket)
            assert placed.ok, placed.sentence
            names.append(placed.orders[0].client_order_id)
        heard.clear()
        for name in names:
            scene.bus.publish(FillBooked(fill(scene, client_order_id=name, size=D("0.05")), D(0)))
        assert heard == [Sound.TARGET, Sound.PARTIAL]


async def test_a_halt_is_heard_once_and_a_pause_is_not(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hearing(qtbot, monkeypatch) as (scene, heard):
        for state in (TradingState.REDUCING, TradingState.HALTED, TradingState.HALTED, TradingState.ACTIVE):
            scene.bus.publish(TradingStateChanged(state, ""))
        assert heard == [Sound.BREAKER]


async def test_a_refusal_is_heard_where_a_person_asked(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hearing(qtbot, monkeypatch) as (scene, heard):
        order = Order(coin="ETH", side=Side.BUY, size=D(1), price=D(3000))
        scene.bus.publish(Rejected(order, "No.", scene.clock.now_ms()))
        for source in ("manual", "momentum_scalper"):
            scene.bus.publish(Refused(replace(order, source=source), Verdict(()), scene.clock.now_ms()))
        assert heard == [Sound.REJECT, Sound.REJECT]
