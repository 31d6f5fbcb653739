"""What became of a card that nobody placed is the same whether its prices were seen live, fetched later, or both."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import HOUR_MS, MINUTE_MS, ManualClock
from hlmaster.core.errors import VenueRefused
from hlmaster.core.events import ContextChanged
from hlmaster.core.model import Side
from hlmaster.core.proposals import Proposal, ProposalChanged, ProposalState
from hlmaster.core.records import Ghost, GhostChanged, GhostState, Unrecorded
from hlmaster.desk.ghost_watch import MOST, SILENT_MS, GhostWatch
from hlmaster.trading.ghosts import Bar, advance, ghost_of
from tests.storage.facts import a_proposal
from tests.trading.scenes import D

START = a_proposal().created_ms // MINUTE_MS * MINUTE_MS
REJECTED = ProposalState.REJECTED


class Kept(Unrecorded):
    def __init__(self) -> None:
        self.ghosts_kept: dict[str, Ghost] = {}

    def save_ghost(self, ghost: Ghost) -> None:
        self.ghosts_kept[ghost.proposal_id] = ghost

    async def ghosts(self, limit: int) -> list[Ghost]:
        return list(self.ghosts_kept.values())[-limit:]


class Scene:
    """Prices of BTC and ETH, told every ten seconds; the exchange remembers its candles."""

    def __init__(self, seed: int = 0) -> None:
        self.bus, self.clock, self.records = Bus(), ManualClock(START), Kept()
        self.dice = random.Random(seed)
        self.prices = {"BTC": D(97_000), "ETH": D(3_000)}
        self.marks: dict[str, Decimal] = dict(self.prices)
        """As the desk knows them."""
        self.seen: dict[str, dict[int, list[Decimal]]] = {"BTC": {}, "ETH": {}}
        self.asked: list[str] = []
        self.delisted: set[str] = set()
        self.watch = self.begin()
        self.told: list[Ghost] = []
        self.bus.subscribe(GhostChanged, lambda fact: self.told.append(fact.ghost))

    def begin(self) -> GhostWatch:
        return GhostWatch(self.bus, self.clock, self.records, self.marks.get)

    def hear(self, proposal: Proposal, state: ProposalState = ProposalState.OPEN) -> None:
        self.bus.publish(ProposalChanged(replace(proposal, state=state)))

    def card(self, name: str = "p1", **changes: object) -> Proposal:
        changes = {"created_ms": self.clock.now_ms(), **changes}
        return replace(a_proposal(), proposal_id=name, **changes)  # type: ignore[arg-type]

    def move(self, coin: str, price: Decimal, *, told: bool = True) -> None:
        self.prices[coin] = price
        self.seen[coin].setdefault(self.clock.now_ms() // MINUTE_MS * MINUTE_MS, []).append(price)
        if told:
            self.marks[coin] = price
            self.bus.publish(ContextChanged(coin))

    def minute(self, *, told: bool = True) -> None:
        """Six prices of each coin and a look; ``told``: to the desk as well."""
        for n in range(6):
            for coin, last in self.prices.items():
                # The first is where the last minute ended: whether a gap lies before or after a border is no matter.
                step = D(f"{self.dice.uniform(0.997, 1.003):.5f}") if n else D(1)
                self.move(coin, (last * step).quantize(D("0.1")), told=told)
            self.clock.advance(MINUTE_MS // 6)
        if told:
            self.watch.look()

    async def candles(self, coin: str, start_ms: int, end_ms: int) -> CandleBlock:
        self.asked.append(coin)
        if coin in self.delisted:
            raise VenueRefused("There is no such coin.")
        rows = [(at, *map(float, _ohlc(prices))) for at, prices in self.seen[coin].items() if start_ms <= at < end_ms]
        times, opened, high, low, close = np.array(rows, dtype=np.float64).reshape(-1, 5).T
        return CandleBlock(times.astype(np.int64), opened, high, low, close, close, np.ones(len(rows), np.int64))

    def truth(self, proposal: Proposal) -> Ghost:
        """Bar by bar, from every price there was, up to the last whole minute."""
        ghost = ghost_of(proposal)
        for at, prices in self.seen[proposal.coin].items():
            if ghost.until_ms <= at < self.clock.now_ms() // MINUTE_MS * MINUTE_MS:
                ghost = advance(ghost, Bar(at, at + MINUTE_MS, *_ohlc(prices)))
        return ghost


def _ohlc(prices: list[Decimal]) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    return prices[0], max(prices), min(prices), prices[-1]


@pytest.mark.parametrize("seed", range(12))
async def test_live_fetched_or_both_and_over_restarts_it_ends_the_same(seed: int) -> None:
    """Minutes at random in which the desk hears nothing, does not run, or asks for candles."""
    scene = Scene(seed)
    dice = random.Random(seed)
    cards = []
    for n, coin in enumerate(("BTC", "ETH", "BTC")):
        price = scene.prices[coin]
        side = dice.choice(list(Side))
        away = price / 100 * side.sign
        card = scene.card(f"p{n}", coin=coin, side=side, reference_price=price, target=price + away)
        card = replace(card, stops=((price - away / 2, D("0.05")), (price - away, D("0.05"))))
        if dice.random() < 0.5:
            card = replace(card, limit_price=price - away / 4)
        cards.append(card)
        scene.hear(card)
        scene.hear(card, dice.choice([REJECTED, ProposalState.EXPIRED, ProposalState.REFUSED]))
    for _ in range(90):
        match dice.choice(["told", "told", "told", "silent", "bridge", "restart"]):
            case "told":
                scene.minute()
            case "silent":
                scene.minute(told=False)
            case "bridge":
                scene.minute()
                await scene.watch.bridge(scene.candles)
            case _:
                scene.minute(told=False)
                scene.bus = Bus()
                scene.watch = scene.begin()
                await scene.watch.restore()
    await scene.watch.bridge(scene.candles)
    for card in cards:
        found, truth = scene.records.ghosts_kept[card.proposal_id], scene.truth(card)
        assert found.state is not GhostState.LOST
        if not found.state.is_final and not truth.state.is_final:
            truth = replace(truth, until_ms=found.until_ms)
        assert found == truth


async def test_a_card_that_is_placed_leaves_no_ghost() -> None:
    scene = Scene()
    scene.hear(card := scene.card())
    scene.minute()
    scene.hear(card, ProposalState.APPROVED)
    scene.hear(card, ProposalState.PLACED)
    scene.minute()
    assert (scene.watch.running, scene.records.ghosts_kept) == ((), {})


async def test_nothing_is_told_of_a_card_that_may_still_be_placed() -> None:
    scene = Scene()
    scene.hear(card := scene.card())
    for _ in range(3):
        scene.minute()
    assert scene.told == []
    scene.hear(card, REJECTED)
    assert [ghost.proposal_id for ghost in scene.told] == ["p1"]


async def test_an_edited_card_is_followed_as_it_was_edited_from_its_beginning() -> None:
    scene = Scene()
    scene.hear(card := scene.card())
    scene.minute()
    edited = replace(card, edited=True, size=D("0.05"), stops=((D(96_500), D("0.05")),))
    scene.hear(edited)
    scene.hear(edited, REJECTED)
    scene.minute()
    await scene.watch.bridge(scene.candles)
    assert scene.records.ghosts_kept["p1"] == scene.truth(edited)


async def test_a_coin_that_is_no_longer_answered_for_holds_up_no_other() -> None:
    scene = Scene()
    for coin, name in (("BTC", "p1"), ("ETH", "p2")):
        price = scene.prices[coin]
        card = scene.card(name, coin=coin, reference_price=price, stops=((price / 2, D("0.1")),), target=price * 2)
        scene.hear(card, REJECTED)
    scene.delisted.add("BTC")
    for _ in range(5):
        scene.minute(told=False)
    with pytest.raises(VenueRefused):
        await scene.watch.bridge(scene.candles)
    assert scene.asked == ["BTC", "ETH"]
    kept = scene.records.ghosts_kept
    assert kept["p1"].until_ms == START
    assert kept["p2"].until_ms == scene.clock.now_ms()


async def test_what_candles_cannot_tell_is_out_of_sight() -> None:
    scene = Scene()
    scene.hear(scene.card(), REJECTED)
    scene.clock.advance(HOUR_MS)
    await scene.watch.bridge(scene.candles)
    assert scene.records.ghosts_kept["p1"].state is GhostState.LOST
    assert scene.watch.running == ()


@pytest.mark.parametrize(("silent_ms", "believed"), [(SILENT_MS, True), (SILENT_MS + 1_000, False)])
async def test_a_minute_with_a_silence_in_it_is_asked_for_later(silent_ms: int, believed: bool) -> None:
    """In which the price was elsewhere, and back."""
    scene = Scene()
    scene.hear(scene.card(stops=((D(90_000), D("0.1")),), target=D(110_000)), REJECTED)
    for wait in (10_000, silent_ms, 20_000):
        scene.clock.advance(wait)
        scene.move("BTC", D(97_100))
    scene.clock.advance(MINUTE_MS - 30_000 - silent_ms)
    scene.watch.look()
    assert (scene.watch.running[0].until_ms > START) == believed


async def test_a_computer_that_slept_does_not_take_its_minutes_for_one() -> None:
    scene = Scene()
    card = scene.card(stops=((D(90_000), D("0.1")),), target=D(110_000))
    scene.hear(card, REJECTED)
    scene.move("BTC", D(97_100))
    scene.clock.advance(10 * MINUTE_MS)
    scene.move("BTC", D(89_000))
    scene.watch.look()
    assert scene.watch.running[0].until_ms == START
    assert scene.watch.running[0].state is GhostState.OPEN


async def test_beyond_so_many_the_oldest_is_lost_out_of_sight() -> None:
    scene = Scene()
    for n in range(MOST + 1):
        scene.hear(scene.card(f"p{n}"), REJECTED)
    assert len(scene.watch.running) == MOST
    assert scene.records.ghosts_kept["p0"].state is GhostState.LOST
