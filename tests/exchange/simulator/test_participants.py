"""A recording on real books: its trades and levels come through, and users trade against them."""

from __future__ import annotations

from typing import cast

from hlmaster.exchange.simulator.listing import listing
from hlmaster.exchange.simulator.matching import BookOrder
from hlmaster.exchange.simulator.participants import RecordedParticipants
from hlmaster.exchange.simulator.replay import BookImage, RecordedEvent, RecordedTrade, Recording
from tests.exchange.simulator.arena import ANN, START_MS, Arena, limit


class Script:
    """Stands for a recording: what is put in comes out at the next step."""

    def __init__(self) -> None:
        self.next: list[RecordedEvent] = []

    def step(self, coin: str, from_ms: int, to_ms: int) -> list[RecordedEvent]:
        events, self.next = self.next, []
        return events


class Stage:
    def __init__(self) -> None:
        self.arena = Arena()
        self.script = Script()
        found = listing("SOL")
        assert found is not None
        books = {"SOL": self.arena.books["SOL"]}
        self.cast = RecordedParticipants(cast(Recording, self.script), {"SOL": found}, books, self.arena.engine)
        self.arena.on_stranger_hit = self.cast.on_hit
        self.printed = self.arena.printed
        self.time = START_MS

    def play(self, *events: RecordedEvent) -> None:
        self.script.next = list(events)
        self.cast.step("SOL", self.time, self.time + 100)
        self.time += 100

    def image(self, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> BookImage:
        return BookImage(self.time + 10, bids, asks)

    def trade(self, is_buy: bool, ticks: int, lots: int) -> RecordedTrade:
        return RecordedTrade(is_buy, ticks, lots, self.time + 20)

    def levels(self, is_bid: bool) -> list[tuple[int, int]]:
        return [(level.ticks, level.lots) for level in self.arena.books["SOL"].depth(is_bid)]


BIDS = [(999_000, 50), (998_000, 70)]
ASKS = [(1_001_000, 40), (1_002_000, 60)]


def test_the_book_is_the_recorded_image_each_time() -> None:
    stage = Stage()
    stage.play(stage.image(BIDS, ASKS))
    assert (stage.levels(True), stage.levels(False)) == (BIDS, ASKS)
    stage.play(stage.image([(1_001_000, 5), (999_000, 90)], [(1_002_000, 10), (1_003_000, 1)]))
    assert stage.levels(True) == [(1_001_000, 5), (999_000, 90)]
    assert stage.levels(False) == [(1_002_000, 10), (1_003_000, 1)]
    assert stage.printed == []


def test_every_recorded_trade_is_printed_at_its_time_price_and_size() -> None:
    stage = Stage()
    stage.play(stage.image(BIDS, ASKS))
    stage.play(stage.trade(True, 1_001_000, 100), stage.trade(True, 1_002_000, 5))
    assert stage.printed == [
        (START_MS + 120, 1_001_000, 40),
        (START_MS + 120, 1_001_000, 60),
        (START_MS + 120, 1_002_000, 5),
    ]
    assert stage.levels(False) == [(1_002_000, 55)]


def test_a_recorded_trade_through_stale_levels_takes_them_away() -> None:
    stage = Stage()
    stage.play(stage.image(BIDS, ASKS))
    stage.play(stage.trade(True, 1_002_000, 10))
    assert stage.levels(False) == [(1_002_000, 50)]
    assert stage.printed == [(START_MS + 120, 1_002_000, 10)]


def test_a_user_waits_in_the_queue_through_image_changes() -> None:
    stage = Stage()
    stage.play(stage.image(BIDS, ASKS))
    stage.arena.place(ANN, limit("sell", "100.1", "0.5", "SOL"))
    stage.play(stage.image(BIDS, [(1_001_000, 80)]))
    stage.play(stage.trade(True, 1_001_000, 60))
    assert stage.arena.position(coin="SOL") * 100 == -20, "forty stood before, forty more came after"
    stage.arena.check()


def test_a_user_with_a_better_price_is_hit_first() -> None:
    stage = Stage()
    stage.play(stage.image(BIDS, ASKS))
    stage.arena.place(ANN, limit("buy", "99.95", "0.5", "SOL"))
    stage.play(stage.trade(False, 999_000, 60))
    assert stage.arena.position(coin="SOL") * 100 == 50
    assert stage.levels(True) == [(999_000, 40), (998_000, 70)]


def test_an_image_that_crosses_a_user_trades_with_him() -> None:
    stage = Stage()
    stage.play(stage.image(BIDS, ASKS))
    stage.arena.place(ANN, limit("sell", "100.05", "0.5", "SOL"))
    stage.play(stage.image([(1_001_000, 80)], [(1_002_000, 60)]))
    assert stage.arena.position(coin="SOL") * 100 == -50
    assert stage.levels(True) == [(1_001_000, 30)]
    stage.arena.check()


def test_a_user_who_took_a_level_sees_it_again_with_the_next_image() -> None:
    stage = Stage()
    stage.play(stage.image(BIDS, ASKS))
    stage.arena.place(ANN, limit("buy", "100.1", "0.4", "SOL", tif="Ioc"))
    assert stage.levels(False) == [(1_002_000, 60)]
    stage.play(stage.image(BIDS, ASKS))
    assert stage.levels(False) == ASKS


def test_the_oracle_is_the_recorded_mid() -> None:
    stage = Stage()
    stage.play(stage.image(BIDS, ASKS))
    assert stage.cast.oracle_ticks("SOL") == 1_000_000


def test_orders_of_others_stay_out_of_the_image() -> None:
    stage = Stage()
    stage.play(stage.image(BIDS, ASKS))
    stage.arena.books["SOL"].rest(BookOrder(77, "0xc", True, 997_000, 5))
    stage.play(stage.image(BIDS, ASKS))
    assert stage.levels(True) == [*BIDS, (997_000, 5)]
