"""What is known of a coin at a moment; what is stale, empty or missed is not."""

from __future__ import annotations

import math

import pytest

from hlmaster.core.errors import ConfigError
from hlmaster.core.events import LinkChanged, LinkState
from hlmaster.market.grid.knowledge import READERS, TOLD, Knowledge, OracleCycle, Since, reader
from hlmaster.market.window import COLUMNS
from tests.market.facts import NOW, Desk, book, context, ladder, quote, trade, trades

CYCLE = 3_000


class Scene(Desk):
    def __init__(self) -> None:
        super().__init__()
        self.known = Knowledge(self.feed.market("BTC"), dict.fromkeys(TOLD, math.nan))
        self.since = Since()
        self.since.restart(NOW, math.nan, broken=False)

    def says(self, column: str) -> float:
        self.known.look(self.clock.now_ms(), self.clock.monotonic())
        return reader(column)(self.known, self.since)


def test_every_declared_column_has_a_reader_and_is_unknown_at_first() -> None:
    scene = Scene()
    assert READERS.keys() >= COLUMNS.keys()
    summed = {"flow", "taker_volume"}
    assert {name for name in COLUMNS if not math.isnan(scene.says(name))} == summed, "nothing traded is known as such"


def test_a_column_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ConfigError, match="no column called 'gamma'"):
        reader("gamma")


def test_contexts_give_mark_oracle_funding_premium_and_interest() -> None:
    scene = Scene()
    scene.hears(context(100.0, 101.0, funding_rate=-0.00001, open_interest=7.0))
    found = [scene.says(name) for name in ("mark", "oracle", "funding", "open_interest")]
    assert found == [100.0, 101.0, -0.00001, 7.0]
    assert math.isnan(scene.says("premium")), "the venue said null"


@pytest.mark.parametrize(
    ("column", "seconds"),
    [("mark", 10), ("oracle", 10), ("funding", 10), ("open_interest", 10), ("mid", 5), ("spread", 5)]
    + [(name, 3) for name in ("imbalance", "bid_depth", "ask_depth", "depth_ratio(5, 200)")],
)
def test_what_is_stale_is_unknown(column: str, seconds: int) -> None:
    scene = Scene()
    scene.hears(context(), quote(), book(((100.0, 1.0),), ((100.1, 2.0),), fast=True))
    scene.clock.advance(seconds * 1000)
    assert not math.isnan(scene.says(column))
    scene.clock.advance(1)
    assert math.isnan(scene.says(column))


def test_depth_and_its_ratios_are_of_the_fast_book_alone() -> None:
    scene = Scene()
    scene.hears(book(ladder(99.9, 20, -0.1, 50.0), ladder(100.1, 20, 0.1, 50.0)))
    assert math.isnan(scene.says("imbalance"))
    fast = book([(99.99, 3.0), (99.95, 2.0), (99.5, 9.0)], [(100.01, 1.0), (100.05, 1.0), (100.5, 9.0)], fast=True)
    scene.hears(fast)
    assert scene.says("bid_depth") == pytest.approx(3 * 99.99 + 2 * 99.95)
    assert scene.says("ask_depth") == pytest.approx(100.01 + 100.05)
    assert scene.says("imbalance") == pytest.approx(14 / 11)
    assert scene.says("depth_ratio(5, 10)") == pytest.approx(5 / 2)
    assert scene.says("depth_ratio(1, 10)") == pytest.approx(3)


def test_an_empty_side_is_unknown_not_balanced() -> None:
    scene = Scene()
    scene.hears(book(((100.0, 1.0),), (), fast=True))
    for column in ("imbalance", "bid_depth", "ask_depth", "depth_ratio(5, 10)", "spread"):
        assert math.isnan(scene.says(column)), column


def test_the_spread_is_that_of_the_newer_source() -> None:
    scene = Scene()
    scene.hears(book(((99.0, 1.0),), ((101.0, 1.0),), fast=True), quote(99.5, 100.5, NOW + 1))
    assert scene.says("spread") == pytest.approx(0.01)
    scene.clock.advance(5)
    scene.hears(book(((99.0, 1.0),), ((101.0, 1.0),), NOW + 2, fast=True))
    assert scene.says("spread") == pytest.approx(0.02)


def test_sums_over_what_was_not_heard_whole_are_unknown() -> None:
    scene = Scene()
    scene.since.see_trade(trade(100.0, size=2.0))
    scene.since.see_trade(trade(100.0, size=0.5, is_buy=False))
    assert (scene.says("flow"), scene.says("taker_volume")) == (150.0, 250.0)
    assert (scene.says("buy_volume"), scene.says("sell_volume")) == (2.0, 0.5)
    scene.since.broken = True
    assert math.isnan(scene.says("flow"))
    assert math.isnan(scene.says("taker_volume"))


def test_a_coin_is_deaf_until_its_first_trades_and_while_the_line_is_down() -> None:
    scene = Scene()
    deaf = [scene.known.is_deaf]
    for fact in (trades(), LinkChanged(LinkState.CONNECTED, "a new one first repeats what it missed"), trades()):
        scene.hears(fact)
        deaf.append(scene.known.is_deaf)
    assert deaf == [True, False, True, False]
    scene.known.line_up = False
    assert [scene.known.is_deaf] == [True]


# --- the oracle ---


def test_the_phase_is_the_share_of_the_cycle_since_the_last_change_that_was_seen() -> None:
    oracle = OracleCycle()
    oracle.hear(100.0, NOW)
    assert math.isnan(oracle.age(NOW)), "when that price came is not known"
    assert math.isnan(oracle.phase(NOW))
    oracle.hear(101.0, NOW + 1_000)
    oracle.hear(101.0, NOW + 2_000)
    assert oracle.age(NOW + 2_500) == 1.5
    assert oracle.phase(NOW + 2_500) == pytest.approx(0.5)
    assert oracle.phase(NOW + 1_000 + CYCLE + 300) == pytest.approx(0.1), "an update to the same price is not seen"


def test_an_oracle_older_than_two_cycles_has_an_age_and_no_phase() -> None:
    oracle = OracleCycle()
    oracle.hear(100.0, NOW)
    oracle.hear(101.0, NOW)
    assert not math.isnan(oracle.phase(NOW + 2 * CYCLE))
    assert math.isnan(oracle.phase(NOW + 2 * CYCLE + 1))
    assert oracle.age(NOW + 60_000) == 60.0


def test_the_cycle_is_learnt_from_changes_that_follow_each_other() -> None:
    oracle = OracleCycle()
    for number, at in enumerate((0, 2_000, 4_000, 6_000, 36_000, 38_000)):
        oracle.hear(float(number), NOW + at)
    assert oracle.cycle_ms == 2_000


def test_after_a_silence_of_the_contexts_the_next_price_is_no_observed_change() -> None:
    scene = Scene()
    scene.known.hear_context(NOW)
    scene.hears(context(100.0))
    scene.known.hear_context(scene.clock.now_ms())
    scene.hears(context(101.0))
    scene.known.hear_context(scene.clock.now_ms())
    assert scene.says("oracle_age") == 0.0
    scene.clock.advance(10_001)
    assert math.isnan(scene.says("oracle_age"))
    scene.hears(context(102.0))
    scene.known.hear_context(scene.clock.now_ms())
    assert math.isnan(scene.says("oracle_age"))
