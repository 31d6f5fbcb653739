"""Opinions are scored at their horizon, also across a restart; what cannot be learnt is unknown and never guessed."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import DAY_MS, MINUTE_MS, ManualClock
from hlmaster.core.errors import StorageError, VenueError
from hlmaster.core.opinions import AnalystAnswered, Call, Headline, KeptOpinions, Opinion, Outcome, OutcomeKnown
from hlmaster.core.signals import Direction, Regime
from hlmaster.insight.calibration import scorer as module
from hlmaster.insight.calibration.ledger import Ledger
from hlmaster.insight.calibration.scorer import Candles, Scorer, outcome_of, price_at
from hlmaster.storage.opinions import SqlOpinions
from hlmaster.storage.recorder import Recorder
from tests.insight.calibration.models import HORIZON_MS, MODEL, an_opinion
from tests.storage.facts import DEMO

START = 1_700_000_040_000
"""A whole minute."""
LONG, SHORT, NEUTRAL = Direction.LONG, Direction.SHORT, Direction.NEUTRAL


def call_of(opinion: Opinion | None, digest: str = "a80c") -> Call:
    about = opinion or an_opinion(asked_ms=START)
    return Call(
        about.call_id, about.coin, about.question, about.trigger, about.model, digest, "{}", "1", "?", "!",
        about.asked_ms, 4_000.0, 1, 1, "" if opinion else "It broke off.", opinion,
    )  # fmt: skip


def minutes(start_ms: int, closes: Sequence[float]) -> CandleBlock:
    """Each opens where the one before closed."""
    close = np.array(closes, np.float64)
    times = start_ms + MINUTE_MS * np.arange(len(close), dtype=np.int64)
    start = np.concatenate((close[:1], close[:-1]))
    return CandleBlock(times, start, start, start, close, start, np.ones(len(close), np.int64))


class InMemory:
    """``KeptOpinions``."""

    def __init__(self) -> None:
        self.kept: dict[str, Call] = {}
        self.known: dict[str, Outcome] = {}

    def save_call(self, call: Call) -> None:
        self.kept[call.call_id] = call

    def save_outcome(self, outcome: Outcome) -> None:
        self.known[outcome.call_id] = outcome

    def save_headlines(self, headlines: Sequence[Headline]) -> None: ...

    async def calls(self, limit: int = 2000) -> list[Call]:
        return list(self.kept.values())

    async def outcomes(self, limit: int = 20000) -> list[Outcome]:
        return list(self.known.values())

    async def headlines(self, since_ms: int) -> list[Headline]:
        return []

    async def scored(self, limit: int) -> list[OutcomeKnown]:
        calls = [call for name, call in self.kept.items() if name in self.known and self.known[name].known]
        return [OutcomeKnown(c.opinion, self.known[c.call_id], c.digest) for c in calls if c.opinion is not None]

    async def waiting(self, limit: int) -> list[tuple[Opinion, str]]:
        calls = [call for name, call in self.kept.items() if name not in self.known]
        return [(c.opinion, c.digest) for c in calls if c.opinion is not None and c.opinion.direction.sign]


@dataclass
class Desk:
    """Just enough of one: a mid that tests set, and candles of a market that rises by 1 each minute."""

    keep: KeptOpinions
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    bus: Bus = field(default_factory=Bus)
    ledger: Ledger = field(default_factory=Ledger)
    mids: dict[str, float | None] = field(default_factory=dict)
    regimes: dict[str, Regime] = field(default_factory=dict)
    facts: list[OutcomeKnown] = field(default_factory=list)
    asked: list[tuple[str, int, int]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    history: tuple[int, int] = (-600, 600)
    """Minutes about the start of which there are candles."""

    def __post_init__(self) -> None:
        self.scorer = Scorer(self.bus, self.clock, self.mids.get, self.regimes.get, self.ledger, self.keep)
        self.bus.subscribe(OutcomeKnown, self.facts.append)

    def hear(self, opinion: Opinion | None, digest: str = "a80c") -> None:
        call = call_of(opinion, digest)
        self.keep.save_call(call)
        self.bus.publish(AnalystAnswered(call))

    async def candles(self, coin: str, start_ms: int, end_ms: int) -> CandleBlock:
        self.asked.append((coin, start_ms, end_ms))
        if coin in self.broken:
            raise VenueError(f"There are no candles of {coin}.")
        first, last = self.history
        closes = [10_000.0 + n + 1 for n in range(first, min(last, (self.clock.now_ms() - START) // MINUTE_MS))]
        return minutes(START + first * MINUTE_MS, closes).between(start_ms, end_ms + 1)

    async def pass_minutes(self, count: float) -> None:
        for _ in range(round(count * 60)):
            self.clock.advance(1_000)
            self.scorer.look()
        await self.scorer.bridge(self.candles)


@pytest.fixture
def desk() -> Desk:
    return Desk(InMemory())


def rising(direction: Direction = LONG, **about: object) -> Opinion:
    return replace(an_opinion(direction, asked_ms=START, price=10_000.0), **about)  # type: ignore[arg-type]


@pytest.mark.parametrize(("side", "right"), [(LONG, True), (SHORT, False)])
async def test_an_opinion_is_scored_at_its_horizon_from_the_mid(desk: Desk, side: Direction, right: bool) -> None:
    desk.regimes["BTC"], desk.mids["BTC"] = Regime.TREND, 10_200.0
    desk.hear(rising(side))
    await desk.pass_minutes(14.9)
    assert (desk.scorer.waiting, desk.facts, desk.asked) == (1, [], [])
    desk.mids["BTC"] = 10_100.0
    await desk.pass_minutes(0.5)
    desk.mids["BTC"] = 20_000.0
    await desk.pass_minutes(2)
    [fact] = desk.facts
    assert fact.outcome == Outcome("c1", START + HORIZON_MS, 10_100 / 10_000 - 1, right, True, "trend")
    assert fact.digest == "a80c"
    assert (await desk.keep.outcomes()) == [fact.outcome]
    assert desk.ledger.overall(MODEL).calls == 1
    assert desk.scorer.waiting == 0


async def test_without_a_mid_at_the_horizon_the_candle_tells(desk: Desk) -> None:
    desk.hear(rising())
    await desk.pass_minutes(18)
    assert desk.facts[0].outcome.change == pytest.approx(0.001_5)


async def test_holds_and_broken_answers_are_not_scored(desk: Desk) -> None:
    for opinion in (rising(NEUTRAL), None, rising(horizon_ms=0)):
        desk.hear(opinion)
    assert desk.scorer.waiting == 0


async def test_opinions_outlast_a_restart_and_are_scored_from_candles(desk: Desk) -> None:
    desk.hear(rising())
    desk.hear(rising(SHORT, call_id="c2", asked_ms=START + MINUTE_MS))
    again = Desk(desk.keep, ManualClock(START + 3 * 60 * MINUTE_MS))
    await again.scorer.restore()
    assert again.scorer.waiting == 2
    await again.scorer.bridge(again.candles)
    assert [(fact.outcome.right, fact.outcome.naive_right, fact.outcome.regime) for fact in again.facts] == [
        (True, True, ""),
        (False, True, ""),
    ]
    assert again.facts[0].outcome.change == pytest.approx(0.001_5)
    third = Desk(desk.keep)
    await third.scorer.restore()
    assert (third.scorer.waiting, third.ledger.overall(MODEL)) == (0, again.ledger.overall(MODEL))


async def test_what_candles_cannot_tell_is_unknown_and_said_so(desk: Desk) -> None:
    desk.history = (-3, 600)
    desk.hear(rising())
    await desk.pass_minutes(18)
    assert (desk.facts, desk.scorer.waiting) == ([], 1), "candles may come late"
    await desk.pass_minutes(3)
    [fact] = desk.facts
    assert not fact.outcome.known
    assert math.isnan(fact.outcome.change)
    assert (desk.ledger.unknown, desk.ledger.overall(MODEL).calls) == (1, 0)
    again = Desk(desk.keep)
    await again.scorer.restore()
    assert again.scorer.waiting == 0, "it is not asked about for ever"


async def test_a_coin_without_candles_holds_up_no_other_and_is_given_up_after_a_day(desk: Desk) -> None:
    desk.broken = {"BTC"}
    desk.hear(rising())
    desk.hear(rising(call_id="c2", coin="ETH"))
    with pytest.raises(VenueError):
        await desk.pass_minutes(18)
    assert [fact.opinion.coin for fact in desk.facts] == ["ETH"]
    desk.clock.advance(DAY_MS)
    with pytest.raises(VenueError):
        await desk.scorer.bridge(desk.candles)
    assert [fact.outcome.known for fact in desk.facts] == [True, False]
    assert desk.scorer.waiting == 0


async def test_a_venue_or_a_store_that_fails_once_does_not_end_the_scoring() -> None:
    class Torn(InMemory):
        async def scored(self, limit: int) -> list[OutcomeKnown]:
            raise StorageError("The store cannot be read.")

    torn = Desk(Torn())
    torn.broken = {"BTC"}
    torn.hear(rising())
    running = asyncio.ensure_future(torn.scorer.run(torn.candles))
    for _ in range(200):  # a minute each, about
        await asyncio.sleep(0)
    assert torn.clock.now_ms() > START + HORIZON_MS + 10 * MINUTE_MS
    assert not running.done()
    torn.broken = set()
    for _ in range(20):
        await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert [fact.outcome.known for fact in torn.facts] == [True]


async def test_one_question_serves_all_opinions_on_a_coin_and_far_times_get_their_own(desk: Desk) -> None:
    for n in range(5):
        desk.hear(rising(call_id=f"c{n}", asked_ms=START + n * MINUTE_MS))
    await desk.pass_minutes(25)
    assert len(desk.asked) == 1
    assert len(desk.facts) == 5
    desk.history = (-3_000, 3_000)
    desk.hear(rising(call_id="long", horizon_ms=DAY_MS))
    desk.clock.advance(DAY_MS)
    await desk.scorer.bridge(desk.candles)
    assert desk.facts[-1].outcome.change == pytest.approx(0.144)
    assert all(end - start <= DAY_MS for _, start, end in desk.asked)


async def test_an_opinion_that_came_while_candles_were_fetched_is_not_lost(desk: Desk) -> None:
    desk.hear(rising())
    desk.clock.advance(20 * MINUTE_MS)
    fetch: Candles = desk.candles

    async def slow(coin: str, start_ms: int, end_ms: int) -> CandleBlock:
        desk.hear(rising(call_id="c2", asked_ms=desk.clock.now_ms()))
        return await fetch(coin, start_ms, end_ms)

    await desk.scorer.bridge(slow)
    assert [fact.opinion.call_id for fact in desk.facts] == ["c1"]
    assert desk.scorer.waiting == 1


async def test_two_bridges_at_once_score_once(desk: Desk) -> None:
    desk.hear(rising())
    desk.clock.advance(20 * MINUTE_MS)
    fetch: Callable[..., Awaitable[CandleBlock]] = desk.candles

    async def nested(coin: str, start_ms: int, end_ms: int) -> CandleBlock:
        await desk.scorer.bridge(fetch)
        return await fetch(coin, start_ms, end_ms)

    await desk.scorer.bridge(nested)
    assert len(desk.facts) == 1


async def test_of_too_many_the_oldest_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    for n in (1, 0, 2):
        desk.hear(rising(call_id=f"c{n}", asked_ms=START + n))
    assert desk.scorer.waiting == 2
    assert [(fact.opinion.call_id, fact.outcome.known) for fact in desk.facts] == [("c0", False)]


async def test_after_its_end_it_hears_nothing(desk: Desk) -> None:
    desk.scorer.close()
    desk.hear(rising())
    assert desk.scorer.waiting == 0


STEPS = st.one_of(
    st.tuples(st.just("ask"), st.integers(1, 90)),
    st.tuples(st.just("pass"), st.integers(1, 40)),
    st.tuples(st.sampled_from(["restart", "break", "mend"]), st.just(0)),
)


@given(st.lists(STEPS, min_size=5, max_size=25))
@settings(max_examples=30)
def test_whatever_happens_each_opinion_gets_one_outcome_and_a_true_one(steps: list[tuple[str, int]]) -> None:
    asyncio.run(lived(steps))


async def lived(steps: list[tuple[str, int]]) -> None:
    desk, opinions = Desk(InMemory(), history=(-6_000, 6_000)), {}
    outcomes: list[OutcomeKnown] = []
    for number, (step, size) in enumerate([*steps, ("mend", 0), ("pass", 200)]):
        now = desk.clock.now_ms()
        if step == "ask":
            opinion = rising(call_id=f"c{number}", asked_ms=now, horizon_ms=size * MINUTE_MS, price=risen(now))
            opinions[opinion.call_id] = opinion
            desk.hear(opinion)
        elif step == "restart":
            outcomes += desk.facts
            desk = Desk(desk.keep, desk.clock, broken=desk.broken, history=desk.history)
            await desk.scorer.restore()
        elif step == "pass":
            for _ in range(size):
                desk.clock.advance(MINUTE_MS)
                desk.mids["BTC"] = risen(desk.clock.now_ms())
                desk.scorer.look()
            with contextlib.suppress(VenueError):
                await desk.scorer.bridge(desk.candles)
        else:
            desk.broken = {"BTC"} if step == "break" else set()
    outcomes += desk.facts
    assert sorted(one.opinion.call_id for one in outcomes) == sorted(opinions)
    assert desk.ledger.overall(MODEL).calls == len(opinions)
    for one in outcomes:
        due = one.opinion.asked_ms + one.opinion.horizon_ms
        assert one.outcome.change == pytest.approx(risen(due) / one.opinion.price - 1)
        assert (one.outcome.right, one.outcome.naive_right) == (True, True)


def risen(now_ms: int) -> float:
    return 10_000.0 + (now_ms - START) / MINUTE_MS


async def test_the_store_itself_keeps_the_record(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.sqlite'}"
    for run in range(2):
        recorder = Recorder(DEMO, url)
        recorder.start()
        desk = Desk(SqlOpinions(recorder))
        await desk.scorer.restore()
        assert (desk.ledger.overall(MODEL).calls, desk.scorer.waiting) == ((0, 0), (1, 1))[run]
        if run == 0:
            desk.hear(rising())
            desk.clock.advance(20 * MINUTE_MS)
            await desk.scorer.bridge(desk.candles)
            desk.hear(rising(SHORT, call_id="c2"))
        await recorder.flush()
        recorder.close()


@pytest.mark.parametrize(
    ("before", "after", "side", "right", "naive"),
    [
        (99.0, 101.0, LONG, True, True),
        (101.0, 101.0, LONG, True, False),
        (99.0, 99.0, SHORT, True, False),
        (101.0, 99.0, LONG, False, True),
        (100.0, 101.0, LONG, True, False),
        (99.0, 100.0, LONG, False, False),
        (100.0, 100.0, LONG, False, False),
    ],
)
def test_right_is_the_way_it_went_and_naive_the_way_it_was_going(
    before: float, after: float, side: Direction, right: bool, naive: bool
) -> None:
    outcome = outcome_of(an_opinion(side), before, after, "")
    assert (outcome.right, outcome.naive_right) == (right, naive)
    assert outcome.change == pytest.approx(after / 100 - 1)


@pytest.mark.parametrize(
    ("before", "after", "price"),
    [(None, 1.0, 1.0), (1.0, None, 1.0), (1.0, 1.0, 0.0), (1.0, 1.0, math.nan), (0.0, 1.0, 1.0), (math.nan, 1.0, 1.0)],
)
def test_without_a_price_the_outcome_is_unknown(before: float | None, after: float | None, price: float) -> None:
    assert not outcome_of(an_opinion(price=price), before, after, "").known


@pytest.mark.parametrize(
    ("seconds", "price"),
    [(-1, None), (0, 1.0), (29, 1.0), (31, 2.0), (60, 2.0), (119, 3.0), (120, 3.0), (300, 3.0), (361, None)],
)
def test_a_price_is_that_of_the_nearer_end_of_its_candle(seconds: int, price: float | None) -> None:
    block = minutes(START, [2.0, 3.0])
    block.open[0] = 1.0
    assert price_at(block, START + seconds * 1_000) == price
    assert price_at(CandleBlock.empty(), START) is None
