"""Ages by the monotonic clock, and the sentence that goes with them."""

from __future__ import annotations

from hlmaster.core.clock import ManualClock
from hlmaster.market.staleness import CONTEXT, FAST_BOOK, LIMITS, MID, SLOW_BOOK, Receipts, sentence


def test_the_limits_are_the_promised_ones() -> None:
    assert LIMITS == {MID: 5.0, FAST_BOOK: 3.0, SLOW_BOOK: 15.0, CONTEXT: 10.0}


def test_a_stream_is_stale_when_beyond_its_limit_and_while_never_heard() -> None:
    clock = ManualClock()
    receipts = Receipts(clock)
    assert receipts.stale() == tuple(LIMITS)
    assert receipts.age(MID) is None
    receipts.at = dict.fromkeys(LIMITS, clock.monotonic())
    assert receipts.stale() == ()
    for elapsed, stale in ((3_000, ()), (1, (FAST_BOOK,)), (2_000, (MID, FAST_BOOK)), (10_000, tuple(LIMITS))):
        clock.advance(elapsed)
        assert receipts.stale() == stale
    assert receipts.age(MID) == 15.001


def test_ages_are_wall_seconds_however_fast_the_market_runs() -> None:
    clock = ManualClock(speed=20)
    receipts = Receipts(clock)
    receipts.at[FAST_BOOK] = clock.monotonic()
    clock.advance(40_000)
    assert receipts.age(FAST_BOOK) == 2.0


def test_the_sentence_names_what_is_old_and_how_old() -> None:
    assert sentence("BTC", FAST_BOOK, 7.4, 3.0) == (
        "The fast order book of BTC is 7 s old, more than 3 s; entries wait for a fresh one."
    )
    assert sentence("BTC", MID, None, 5.0) == "The mid price of BTC has not arrived yet; entries wait for it."
