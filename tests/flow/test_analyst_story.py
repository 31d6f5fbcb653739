"""The analyst beside a demo desk, its model behind Ollama's real wire: what it says is seen, kept, harmless."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.clock import HOUR_MS
from hlmaster.core.events import Notice, Severity
from hlmaster.core.model import Interval
from hlmaster.core.opinions import AnalystAnswered, AnalystSpoke, Call, Headline, Question
from hlmaster.core.proposals import Policy, ProposalChanged, ProposalState
from hlmaster.core.signals import Direction, SignalMade
from hlmaster.desk.advising.advising import Advising
from hlmaster.desk.advising.choice import UNSEEN
from hlmaster.desk.desk import Desk
from hlmaster.insight.sentiment.scoring import Score
from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.window import Grid, Needs
from tests.desk.ideas import signal
from tests.flow.desks import demo_desk, fresh, until
from tests.insight.fake_ollama import FakeOllama, Mode
from tests.trading.proposals.cards import card

GRID = Needs(Grid.of("1000ms"), lookback=1, columns=("opinion", "opinion_confidence"))


def says(signal: str, confidence: int, **more: Any) -> Callable[[Any], str]:
    words = {"LONG": "BULLISH", "SHORT": "BEARISH", "HOLD": "NEUTRAL"}[signal]
    answer: dict[str, object] = {
        "reason": "Higher lows. Buyers take what is offered.",
        "coin": "ETH",
        "sentiment": words,
    }
    answer |= {"confidence": confidence, "signal": signal, "entry": None, "stop": None, "target": None}
    answer |= {"invalidation": "A lower low.", "horizon_minutes": 15, **more}
    return lambda body: json.dumps(answer)


NO_SOURCES = (
    "news.feeds=http://127.0.0.1:9/nothing",
    "news.reddit=",
    "news.fear_greed=",
    "news.senticrypt=",
    "news.cryptocompare=",
)


@asynccontextmanager
async def advised(folder: Path, server: FakeOllama, *more: str) -> AsyncIterator[tuple[Desk, Advising, list[Call]]]:
    """By hand only, unless ``more`` settings say otherwise."""
    own = ["analyst.enabled=true", f"analyst.host={server.host}", "analyst.on_candle=false", "analyst.gap_seconds=1"]
    async with demo_desk(folder, overrides=[*own, "market.watchlist=ETH", *more]) as desk:
        calls: list[Call] = []
        desk.bus.subscribe(AnalystAnswered, lambda fact: calls.append(fact.call))
        assert desk.advising is not None
        advising = desk.advising
        await desk.deciding.wait()
        await fresh(desk, "ETH")
        advising.show("ETH")
        await until(lambda: advising.choice.server is not UNSEEN, desk)
        yield desk, advising, calls


async def answered(desk: Desk, advising: Advising, calls: list[Call], question: Question = Question.MARKET) -> Call:
    before = len(calls)
    advising.analyst.ask("ETH", question)
    await until(lambda: len(calls) > before, desk)
    return calls[-1]


async def test_an_opinion_is_streamed_kept_told_to_the_grids_and_runs_out(tmp_path: Path) -> None:
    async with FakeOllama(answer=says("LONG", 8)) as server:
        async with advised(tmp_path, server) as (desk, advising, calls):
            await until(lambda: advising.choice.current().is_model, desk)
            desk.grids.need("ETH", GRID, "test")
            spoken: list[str] = []
            desk.bus.subscribe(AnalystSpoke, lambda fact: spoken.append(fact.text))
            call = await answered(desk, advising, calls)
            assert call.failure == ""
            assert (call.model, bool(call.digest)) == ("llama3.2", True)
            assert "".join(spoken) == "Higher lows. Buyers take what is offered."
            assert len(spoken) > 3, "as it comes, not at the end"

            def row() -> list[float]:
                window = desk.grids.window("ETH", GRID)
                return [] if window is None else [float(window[name][-1]) for name in GRID.columns]

            await until(lambda: row() == [0.8, 0.8], desk)
            advising._told_until["ETH"] = desk.clock.now_ms()
            await until(lambda: row() and all(map(math.isnan, row())), desk)
            assert server.chats[0]["messages"][1]["content"].count("Candles of 1m") == 1
        async with advised(tmp_path, server) as (desk, advising, calls):
            kept = desk._parts.opinions
            assert kept is not None
            assert [one.call_id for one in await kept.calls()] == [call.call_id]
            await until(lambda: advising._scorer.waiting == 1, desk)  # it is scored when its time has come


async def test_armed_it_proposes_like_any_other_and_a_person_decides(tmp_path: Path) -> None:
    async with (
        FakeOllama(answer=says("LONG", 9, entry=1e9, stop=1e-9, target=5)) as server,
        advised(tmp_path, server) as (desk, advising, calls),
    ):
        await until(lambda: advising.choice.current().is_model, desk)
        absurd = await answered(desk, advising, calls)
        assert absurd.opinion is None
        assert absurd.failure, "prices far from the book are no opinion"
        server.answer = says("LONG", 9)
        desk.engine.set_params("analyst", {"interval": Interval.M1})
        desk.engine.set_policy("analyst", Policy.AUTO)
        desk.roster.set_overall(Policy.AUTO)
        desk.engine.arm("analyst")
        assert (await answered(desk, advising, calls)).opinion is not None
        why = "The analyst has not earned to act alone."
        await until(lambda: (desk.proposing.proposer.trust.may_auto("analyst") or "").startswith(why), desk)
        assert not [one for one in desk.proposing.book.all() if one.state is ProposalState.PLACED]


async def test_on_strangers_words_it_never_acts_alone_not_even_when_the_opinion_has_run_out(tmp_path: Path) -> None:
    async with FakeOllama(answer=says("LONG", 8)) as server, advised(tmp_path, server) as (desk, advising, calls):
        await until(lambda: advising.choice.current().is_model, desk)
        call = await answered(desk, advising, calls)
        assert call.opinion is not None
        now = desk.clock.now_ms()
        short = replace(call.opinion, call_id="short", asked_ms=now - 59_000, horizon_ms=60_000, heard_outside=True)
        desk.bus.publish(AnalystAnswered(replace(call, call_id="short", opinion=short)))
        desk.bus.publish(SignalMade(signal(strategy="analyst", row_ms=now, valid_until_ms=now + HOUR_MS)))
        await until(lambda: advising._told_until == {}, desk)
        assert (await answered(desk, advising, calls, Question.SENTIMENT)).opinion is None
        trust = desk.proposing.proposer.trust
        assert (trust.may_auto("analyst") or "").startswith("Strangers' words stood in the analyst's question")


async def test_what_is_late_old_or_about_a_card_that_is_gone_counts_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        FakeOllama(answer=says("LONG", 8)) as server,
        advised(tmp_path, server, "analyst.on_proposal=true") as (desk, advising, calls),
    ):
        await until(lambda: advising.choice.current().is_model, desk)
        call = await answered(desk, advising, calls)
        assert call.opinion is not None
        advising._told_until["ETH"] = 0
        advising._look()
        late = replace(call.opinion, call_id="late", asked_ms=desk.clock.now_ms() - 60_000, horizon_ms=60_000)
        desk.bus.publish(AnalystAnswered(replace(call, call_id="late", opinion=late)))
        assert advising._told_until == {}, "it ran out before it came"

        server.mode = Mode.HANG
        advising.analyst.ask("ETH", Question.MARKET)
        await until(lambda: advising.analyst.state.running is not None, desk)
        desk.bus.publish(ProposalChanged(card()))
        assert [item.question for item in advising.analyst.state.waiting] == [Question.ENTRY]
        desk.bus.publish(ProposalChanged(card(state=ProposalState.REJECTED)))
        assert advising.analyst.state.waiting == ()

        assert advising._mid("ETH") is not None
        monkeypatch.setattr(CoinMarket, "stale_for_entries", property(lambda self: "Its book is old."))
        assert advising._mid("ETH") is None


async def test_a_no_to_one_side_is_no_word_on_the_other_and_a_look_at_the_market_does_not_undo_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        FakeOllama(answer=says("LONG", 8)) as server,
        advised(tmp_path, server, "analyst.on_proposal=true") as (desk, advising, calls),
    ):
        await until(lambda: advising.choice.current().is_model, desk)
        monkeypatch.setattr(advising, "weight", lambda opinion: 1.0)
        server.answer = lambda body: json.dumps(
            {"reason": "It is late.", "coin": "ETH", "enter": "NO", "confidence": 8}
        )
        desk.bus.publish(ProposalChanged(card()))
        await until(lambda: calls, desk)
        opinion = calls[-1].opinion
        assert opinion is not None
        assert (opinion.question, opinion.direction) == (Question.ENTRY, Direction.NEUTRAL)

        def shifts() -> tuple[float, float]:
            long, short = (advising.advisers("ETH", side) for side in (Direction.LONG, Direction.SHORT))
            return sum(one.shift for one in long), sum(one.shift for one in short)

        assert shifts()[0] < 0 == shifts()[1]
        server.answer = says("LONG", 8)
        await answered(desk, advising, calls)
        assert shifts()[0] < 0 > shifts()[1], "the card keeps its no; of the other side the market speaks"
        desk.bus.publish(ProposalChanged(card(state=ProposalState.REJECTED)))
        assert shifts()[0] > 0 > shifts()[1]


async def test_the_model_reads_headlines_again_while_nobody_asks_it(tmp_path: Path) -> None:
    score = {"score": 0.9, "confidence": 0.8, "key_factors": ["inflows"], "topics": ["funds"]}
    async with (
        FakeOllama(answer=lambda body: json.dumps(score)) as server,
        advised(tmp_path, server, "news.enabled=true", "news.by_model=true", *NO_SOURCES) as (desk, advising, _),
    ):
        now = desk.clock.now_ms()
        await advising.news.reread(
            Headline("k", "a feed", "Funds buy Ether", "", "", now - 1, now, ("ETH",), 0.5, 0.1, (), "word list"),
            Score(0.5, 0.1, (), (), "word list"),
        )
        await until(lambda: advising.news.headlines("ETH", 1)[0].scorer == "llama3.2", desk)
        assert advising.news.sentiment("ETH").score == pytest.approx(0.9)


async def test_for_consent_it_is_asked_when_it_has_said_nothing_that_counts(tmp_path: Path) -> None:
    async with (
        FakeOllama(answer=says("LONG", 8)) as server,
        advised(tmp_path, server, "analyst.confirm=true") as (desk, advising, calls),
    ):
        await until(lambda: advising.choice.current().is_model, desk)
        said = (await answered(desk, advising, calls)).opinion
        assert said is not None
        server.mode = Mode.HANG

        def waiting() -> list[str]:
            return [item.trigger for item in advising.analyst.state.waiting]

        desk.bus.publish(SignalMade(signal()))
        assert waiting() == []
        assert all(gate.passed for gate in advising.consents("confluence", "ETH", (signal(),)))
        advising.analyst._latest["ETH", Question.MARKET] = replace(said, asked_ms=said.asked_ms - HOUR_MS)
        desk.bus.publish(SignalMade(signal()))
        assert waiting() == ["confluence wants consent"]
        assert not any(gate.passed for gate in advising.consents("confluence", "ETH", (signal(),)))


async def test_a_server_that_fails_in_any_way_costs_the_opinion_and_nothing_else(tmp_path: Path) -> None:
    async with FakeOllama(answer=says("SHORT", 8)) as server:
        async with advised(tmp_path, server) as (desk, advising, calls):
            await until(lambda: advising.choice.current().is_model, desk)
            loud: list[Notice] = []
            desk.bus.subscribe(Notice, loud.append)
            for mode in (Mode.TRUNCATED, Mode.NOT_JSON, Mode.ERROR_INSIDE, Mode.DIES, Mode.NO_MODEL, Mode.NOT_FOUND):
                server.mode = mode
                call = await answered(desk, advising, calls, Question.SENTIMENT)
                assert (call.opinion, bool(call.failure)) == (None, True), mode
            server.mode = Mode.HANG
            advising.analyst.ask("ETH", Question.MARKET)
            await until(lambda: advising.analyst.state.running is not None, desk)
            advising.analyst.cancel()
            await until(lambda: len(calls) == 7, desk)
            assert "cancelled" in calls[-1].failure
            advising.analyst.ask("ETH", Question.MARKET)
            await until(lambda: advising.analyst.state.running is not None, desk)
            assert [one for one in loud if one.severity is not Severity.INFO] == []
        left = {task.get_name() for task in asyncio.all_tasks()} & {"analyst", "model server", "news", "advice"}
        assert not left


async def test_without_a_server_rules_speak_say_so_and_move_nothing(tmp_path: Path) -> None:
    server = FakeOllama()
    async with server:
        pass
    async with advised(tmp_path, server) as (desk, advising, calls):
        assert "No Ollama server answers" in advising.choice.server.sentence
        call = await answered(desk, advising, calls)
        assert call.opinion is not None
        assert call.opinion.reason.startswith("Plain rules speak here, not a model.")
        assert call.opinion.confidence <= 0.3
        assert advising.weight(call.opinion) == 0.0
        assert advising._told_until == {}, "no strategy sees it"
