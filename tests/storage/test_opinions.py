"""What the analyst said outlasts a restart: calls, outcomes, headlines, and which opinions still wait for theirs."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hlmaster.core.opinions import Call, Headline, KeptOpinions, Outcome, OutcomeKnown
from hlmaster.core.signals import Direction
from hlmaster.storage import database
from hlmaster.storage.database import migrate, open_database
from hlmaster.storage.opinions import SqlOpinions
from hlmaster.storage.recorder import Recorder
from tests.storage import facts
from tests.storage.facts import DEMO, NOW, a_call, an_opinion


@pytest.fixture
def opinions(recorder: Recorder) -> KeptOpinions:
    return SqlOpinions(recorder)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(facts.calls, max_size=3, unique_by=lambda call: call.call_id),
    st.lists(facts.outcomes, max_size=3, unique_by=lambda outcome: outcome.call_id),
    st.lists(facts.headlines, max_size=3, unique_by=lambda headline: headline.key),
)
def test_everything_comes_back_after_a_restart(
    tmp_path_factory: pytest.TempPathFactory, calls: list[Call], outcomes: list[Outcome], headlines: list[Headline]
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('desk') / 'desk.sqlite'}"

    async def compare(kept: SqlOpinions) -> None:
        assert sorted(await kept.calls(), key=repr) == sorted(calls, key=repr)
        assert sorted(await kept.outcomes(), key=repr) == sorted(outcomes, key=repr)
        assert sorted(await kept.headlines(0), key=repr) == sorted(headlines, key=repr)

    first = Recorder(DEMO, url)
    kept = SqlOpinions(first)
    for call in calls:
        kept.save_call(call)
    for outcome in outcomes:
        kept.save_outcome(outcome)
    kept.save_headlines(headlines)
    for again in (first, Recorder(DEMO, url)):
        again.start()
        asyncio.run(compare(SqlOpinions(again)))
        again.close()


async def test_the_latest_calls_come_oldest_first(opinions: KeptOpinions) -> None:
    for n in (3, 1, 2):
        opinions.save_call(a_call(an_opinion(f"c{n}", asked_ms=NOW + n)))
    assert [call.asked_ms - NOW for call in await opinions.calls(2)] == [2, 3]


async def test_a_headline_that_is_known_is_written_over(opinions: KeptOpinions) -> None:
    one = Headline("k", "feed", "Up", "", "", NOW, NOW, ("BTC",), 0.9, 0.5, (), "lexicon")
    opinions.save_headlines([one, replace(one, key="old", heard_ms=NOW - 10)])
    opinions.save_headlines([replace(one, score=0.2)])
    assert await opinions.headlines(NOW) == [replace(one, score=0.2)]


async def test_an_opinion_for_a_side_waits_until_its_outcome_is_saved(opinions: KeptOpinions) -> None:
    long, short = (an_opinion(way.value, way, NOW + n) for n, way in enumerate((Direction.LONG, Direction.SHORT)))
    for one in (a_call(long), a_call(short), a_call(an_opinion("hold", Direction.NEUTRAL)), a_call(call_id="broken")):
        opinions.save_call(one)
    digest = a_call().digest
    assert await opinions.waiting(9) == [(long, digest), (short, digest)]
    assert await opinions.waiting(1) == [(short, digest)]
    known = Outcome(long.call_id, NOW + 9, 0.01, True, False, "trend")
    opinions.save_outcome(known)
    assert await opinions.waiting(9) == [(short, digest)]
    opinions.save_outcome(Outcome(short.call_id, NOW + 10, math.nan, False, False, ""))
    assert await opinions.waiting(9) == []
    assert await opinions.scored(9) == [OutcomeKnown(long, known, digest)]


async def test_the_latest_scored_come_oldest_first(opinions: KeptOpinions) -> None:
    for n in (3, 1, 2):
        opinions.save_call(a_call(an_opinion(f"c{n}", asked_ms=NOW + n)))
        opinions.save_outcome(Outcome(f"c{n}", NOW + n, 0.01, True, False, ""))
    assert [one.outcome.at_ms - NOW for one in await opinions.scored(2)] == [2, 3]


async def test_an_answer_that_no_database_holds_stops_no_recording(opinions: KeptOpinions, recorder: Recorder) -> None:
    odd = replace(a_call(replace(an_opinion(), reason="\ud800\x00")), answer="\ud800\x00", answer_tokens=2**70)
    opinions.save_call(odd)
    opinions.save_headlines([Headline("k", "feed", "\ud83d", "\x00", "", NOW, NOW, (), math.nan, math.inf, (), "")])
    await recorder.flush()
    assert recorder.trouble == ""
    [found] = await opinions.calls()
    assert found.opinion == odd.opinion
    [headline] = await opinions.headlines(0)
    assert math.isnan(headline.score)


def test_a_database_of_before_gains_the_tables_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "desk.sqlite"
    engine = database._engine(f"sqlite:///{path}")
    migrate(engine, "0003")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO sessions VALUES ('s', 'demo', 'x', 1, '10000')"))
    engine.dispose()
    opened = open_database(f"sqlite:///{path}")
    with opened.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM opinions")).scalar_one() == 0
        assert connection.execute(text("SELECT id FROM sessions")).scalars().all() == ["s"]
    opened.dispose()
    assert path.with_name("desk.sqlite.before-0003").exists()
