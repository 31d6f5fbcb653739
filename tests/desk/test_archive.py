"""The dossier behind "Why?": whatever one asks by, the same story, with everything that made and ended a position."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import DAY_MS, HOUR_MS
from hlmaster.core.errors import StorageError, VenueRefused
from hlmaster.core.events import FillsReported, OrderChanged
from hlmaster.core.model import Interval, Side
from hlmaster.core.orders import Basis, Order
from hlmaster.core.proposals import Proposal, ProposalChanged, ProposalState
from hlmaster.core.records import Dossier, GhostState
from hlmaster.core.signals import SignalMade
from hlmaster.desk.archive import INPUTS_DAYS, Archive
from hlmaster.storage.recorder import Recorder
from hlmaster.storage.records import StoredRecords
from tests.desk.desks import running
from tests.desk.desks import scene as made_scene
from tests.storage.facts import DEMO, a_proposal
from tests.trading.scenes import NOW, D, fill


class Minds:
    def inputs_of(self, signal: object) -> bytes:
        return b"rows"

    def params_of(self, name: str) -> str:
        return "{}"


class Scene:
    """A desk with an archive on a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.scene = made_scene(folder=folder)
        self.desk = self.scene.desk
        self.recorder = Recorder(DEMO, f"sqlite:///{folder / 'desk.sqlite'}")
        self.records = StoredRecords(self.recorder)
        self.held = D(0)
        self.time_ms = NOW

    def open(self) -> None:
        self.recorder.start()
        desk = self.desk
        self.archive = Archive(
            desk.bus,
            desk.clock,
            self.records,
            MemoryAudit(),
            desk.portfolio,
            desk.orders,
            self.scene.market,
            desk.feed,
            desk.survey.mark,
            Minds(),
        )

    def trade(self, side: Side, size: str, price: str, basis: Basis | None = None, *, exits: bool = False) -> str:
        """An order that fills at once; its client order id."""
        order = Order("ETH", side, D(size), D(price), reduce_only=exits, basis=basis)
        self.desk.bus.publish(OrderChanged(self.desk.orders.register(order)))
        self.time_ms += 1_000
        name = order.client_order_id
        made = fill(side, size, price, self.time_ms, start_position=self.held, client_order_id=name, fee=D(1))
        self.desk.bus.publish(FillsReported((made,)))
        self.held += side.sign * D(size)
        return name

    def place(self, name: str = "p1") -> tuple[Proposal, str]:
        """A card of ETH that is approved and fills; the order's id."""
        signal = replace(a_proposal().signal, coin="ETH", row_ms=NOW + len(name))
        card = replace(a_proposal(), proposal_id=name, coin="ETH", signals=(signal,), reference_price=D(3000))
        self.desk.bus.publish(SignalMade(signal))
        self.desk.bus.publish(ProposalChanged(card))
        order = self.trade(Side.BUY, "1", "3000", Basis("momentum", name, False, 0.6, 0.6, None))
        card = replace(card, state=ProposalState.PLACED, decided_by="you", order_ids=(order,))
        self.desk.bus.publish(ProposalChanged(card))
        return card, order


class MemoryAudit:
    trouble = ""

    def write(self, kind: str, subject: str, data: object) -> None: ...


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Scene]:
    made = Scene(tmp_path)
    async with running(made.scene):
        made.open()
        yield made
    made.recorder.close()


async def test_by_card_order_or_trade_it_is_one_story_with_its_exits(made: Scene) -> None:
    card, entry = made.place()
    stop = made.trade(Side.SELL, "0.4", "2990", exits=True)
    target = made.trade(Side.SELL, "0.6", "3050", exits=True)
    other = made.trade(Side.BUY, "2", "3060")
    (first, _) = made.archive.trades()
    found = [await made.archive.dossier(key) for key in ("p1", entry, first.trade_id)]
    for one in found:
        assert one.proposal == card
        assert [decision.inputs for decision in one.decisions] == [b"rows"]
        assert {tracked.client_order_id for tracked in one.orders} == {entry, stop, target}
        assert [booked.client_order_id for booked in one.fills] == [entry, stop, target]
        assert one.trade == first
        assert [line.kind for line in one.lines] == ["open", "placed"]
        assert one.ghost is None
    assert other not in str(found)


async def test_a_trade_by_hand_has_its_orders_too(made: Scene) -> None:
    entry = made.trade(Side.BUY, "1", "3000")
    leave = made.trade(Side.SELL, "1", "3010", exits=True)
    made.trade(Side.SELL, "1", "3010")
    (closed, _) = made.archive.trades()
    by_trade, by_order = [await made.archive.dossier(key) for key in (closed.trade_id, leave)]
    assert [tracked.client_order_id for tracked in by_trade.orders] == [entry, leave]
    assert [booked.client_order_id for booked in by_trade.fills] == [entry, leave]
    assert (by_trade.proposal, by_trade.trade, by_trade.lines) == (None, closed, ())
    assert [tracked.client_order_id for tracked in by_order.orders] == [leave]


async def test_two_cards_of_a_coin_are_two_stories(made: Scene) -> None:
    made.place("p1")
    made.trade(Side.SELL, "1", "3010", exits=True)
    made.place("second")
    made.trade(Side.SELL, "1", "2990", exits=True)
    stories = [await made.archive.dossier(key) for key in ("p1", "second")]
    ids: list[set[str]] = [{tracked.client_order_id for tracked in one.orders} for one in stories]
    assert [len(names) for names in ids] == [2, 2]
    assert ids[0].isdisjoint(ids[1])


async def test_a_rejected_card_has_a_ghost_and_no_orders(made: Scene) -> None:
    card = replace(a_proposal(), coin="ETH", reference_price=D(3000))
    made.desk.bus.publish(ProposalChanged(card))
    made.desk.bus.publish(ProposalChanged(replace(card, state=ProposalState.REJECTED, state_text="Too late.")))
    found = await made.archive.dossier("p1")
    assert found.ghost is not None
    assert (found.orders, found.fills, found.trade) == ((), (), None)
    assert [(line.kind, line.text) for line in found.lines] == [("open", ""), ("rejected", "Too late.")]


async def test_figures_that_wait_to_be_written_are_in_it(made: Scene) -> None:
    made.desk.bus.publish(ProposalChanged(a_proposal()))
    made.desk.bus.publish(ProposalChanged(now := replace(a_proposal(), reference_price=D(97_050))))
    assert (await made.archive.dossier("p1")).proposal == now


@pytest.mark.parametrize("key", ["", "p9", "ETH/1/1"])
async def test_what_is_not_known_is_said(made: Scene, key: str) -> None:
    made.trade(Side.BUY, "1", "3000")
    with pytest.raises(StorageError, match=f"Nothing is kept of {key}"):
        await made.archive.dossier(key)


async def test_rows_are_let_go_after_a_week_but_for_those_a_card_rests_on(made: Scene) -> None:
    card, _ = made.place()
    lone = replace(card.signal, row_ms=NOW + 77)
    made.desk.bus.publish(SignalMade(lone))
    made.scene.clock.advance((INPUTS_DAYS + 1) * DAY_MS)
    await made.archive.restore()
    kept = [await made.archive.decision(signal.key) for signal in (card.signal, lone)]
    assert [one is not None and one.inputs for one in kept] == [b"rows", None]


async def test_the_journal_is_exported_once_and_whole(made: Scene, tmp_path: Path) -> None:
    made.trade(Side.BUY, "1", "3000")
    made.trade(Side.SELL, "1", "3010", exits=True)
    file = await made.archive.export_trades(tmp_path / "trades.csv")
    (row,) = csv.DictReader(file.read_text().splitlines())
    assert (row["coin"], row["realised"], row["net"]) == ("ETH", "10", "8")
    with pytest.raises(StorageError, match="cannot be written"):
        await made.archive.export_trades(file)


async def test_a_story_outlasts_the_program(made: Scene, tmp_path: Path) -> None:
    made.place()
    before: Dossier = await made.archive.dossier("p1")
    again = Archive(
        Bus(),
        made.desk.clock,
        made.records,
        MemoryAudit(),
        made.desk.portfolio,
        made.desk.orders,
        made.scene.market,
        made.desk.feed,
        made.desk.survey.mark,
    )
    await again.restore()
    assert await again.dossier("p1") == before


async def test_a_position_whose_coin_is_no_longer_answered_for_holds_up_nothing_else(
    made: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def candles(coin: str, interval: Interval, *rest: object) -> CandleBlock:
        asked.append(coin)
        if coin == "ETH":
            raise VenueRefused("There is no such coin.")
        return CandleBlock.empty()

    made.trade(Side.BUY, "1", "3000")
    for coin in ("BTC", "ETH"):
        card = replace(a_proposal(), proposal_id=coin, coin=coin, state=ProposalState.REJECTED)
        made.desk.bus.publish(ProposalChanged(card))
    monkeypatch.setattr(made.scene.market, "candles", candles)
    await made.archive.restore()
    made.scene.clock.advance(HOUR_MS)
    running = asyncio.create_task(made.archive.run())
    await made.scene.until(lambda: [ghost.coin for ghost in made.archive.ghosts.running] == ["ETH"])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert asked == ["ETH", "BTC", "ETH"]
    kept = {ghost.coin: ghost.state for ghost in await made.archive.all_ghosts()}
    assert kept == {"BTC": GhostState.LOST, "ETH": GhostState.OPEN}
