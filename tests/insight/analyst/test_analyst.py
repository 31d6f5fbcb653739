from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.opinions import (
    AnalystAnswered,
    AnalystCalled,
    AnalystSpoke,
    Opinion,
    Question,
)
from hlmaster.core.signals import Direction
from hlmaster.insight.analyst import analyst as module
from hlmaster.insight.analyst.agenda import BY_HAND
from hlmaster.insight.analyst.analyst import CANCELLED
from hlmaster.insight.analyst.prepared import NotAsked
from hlmaster.insight.analyst.prompts import FILES, Prompts
from hlmaster.insight.llm.backend import (
    AnswerBroken,
    ServerAbsent,
)
from hlmaster.insight.llm.narrator import Narrator
from tests.insight.analyst.answers import answer, wild
from tests.insight.analyst.hostile import corpus, headline
from tests.insight.analyst.markets import IDEA, NOW_MS, market
from tests.insight.analyst.room import FakeModel, Room, opinion_of


async def test_a_question_becomes_an_opinion_that_is_told_kept_and_known() -> None:
    room = Room()
    async with room.at_work():
        call_id = room.analyst.ask("BTC", Question.MARKET, trigger="a 1m candle closed")
        call = await room.answered()
    assert opinion_of(call) == Opinion(
        call_id=call_id,
        coin="BTC",
        question=Question.MARKET,
        mood=opinion_of(call).mood,
        direction=Direction.LONG,
        confidence=0.7,
        reason="Higher lows and buyers in front.",
        entry=60_000.0,
        stop=59_400.0,
        target=61_200.0,
        invalidation="a close under 59,400",
        horizon_ms=30 * MINUTE_MS,
        asked_ms=NOW_MS,
        answered_ms=NOW_MS,
        model="llama3.2",
        trigger="a 1m candle closed",
        price=60_000.0,
    )
    assert room.shelf.saved == [call]
    assert room.analyst.latest("BTC") == room.analyst.latest("BTC", Question.MARKET) == call.opinion
    assert room.analyst.latest("BTC", Question.SENTIMENT) is room.analyst.latest("ETH") is None


async def test_a_call_is_kept_with_all_that_made_it() -> None:
    room = Room()
    call = await room.asked()
    assert call.answer == answer()
    assert (call.prompt_tokens, call.answer_tokens) == (900, 120)
    assert call.digest == "a80c"
    assert call.prompt_version == Prompts(None).of(Question.MARKET).version
    request = room.model.asked[0]
    assert call.prompt == f"{request.system}\n\n{request.prompt}"
    assert json.loads(call.options) == {
        "backend": "fake",
        "temperature": 0.1,
        "max_tokens": 300,
        "timeout_s": 30.0,
        "think": None,
    }


async def test_what_is_sent_is_what_the_preview_shows() -> None:
    room = Room()
    shown = room.analyst.preview("BTC", Question.MARKET)
    await room.asked()
    sent = room.model.asked[0]
    assert (sent.system, sent.prompt, sent.schema) == (shown.system, shown.prompt, shown.schema)


async def test_the_reason_is_heard_as_it_is_written_and_thoughts_apart() -> None:
    room = Room(FakeModel(thoughts="Let me see."))
    call = await room.asked()
    kinds = [type(fact) for fact in room.said]
    assert (kinds[0], kinds[-1]) == (AnalystCalled, AnalystAnswered)
    spoken = [fact for fact in room.said if isinstance(fact, AnalystSpoke)]
    assert (spoken[0].text, spoken[0].thinking) == ("Let me see.", True)
    assert "".join(fact.text for fact in spoken[1:]) == opinion_of(call).reason
    assert len(spoken) > 3
    assert "see" not in call.answer


@pytest.mark.parametrize(
    ("model", "failure"),
    [
        (FakeModel(failure=ServerAbsent("Nobody answers.", "Start it.")), "Nobody answers. Start it."),
        (FakeModel(failure=AnswerBroken("It broke off.")), "It broke off."),
        (FakeModel(failure=ValueError("oh")), "The analyst failed by itself (ValueError: oh); the log says more."),
        (FakeModel(says=lambda request: "no"), "The answer is not one whole piece of JSON."),
        (FakeModel(says=lambda request: ""), "The answer is empty."),
        (FakeModel(says=lambda r: answer(coin="ETH")), "It was asked about BTC and answered about ETH."),
    ],
)
async def test_every_failure_is_a_call_that_says_why(model: FakeModel, failure: str) -> None:
    room = Room(model)
    call = await room.asked()
    assert call.failure == failure
    assert call.opinion is None
    assert room.shelf.saved == [call]
    assert room.analyst.latest("BTC") is None
    assert room.analyst.state.failure == failure
    assert (room.analyst.state.answered, room.analyst.state.failed) == (0, 1)
    assert room.model.open == 0


async def test_after_a_failure_the_next_question_is_put() -> None:
    room = Room(FakeModel(failure=ValueError("oh")))
    await room.asked()
    room.model.failure = None
    opinion_of(await room.asked())
    assert room.analyst.state.failure == ""


async def test_a_coin_without_prices_is_not_asked_about() -> None:
    room = Room()
    room.facts = lambda coin: None
    assert (await room.asked()).failure == "The prices of BTC are not known yet. Wait until its book is there."
    assert room.model.asked == []
    with pytest.raises(NotAsked):
        room.analyst.preview("BTC", Question.MARKET)
    assert room.analyst.state.calls_this_hour == 0, "what is not put costs nothing"


async def test_a_call_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.01)
    room = Room(FakeModel(hangs=True), timeout_s=0.01)
    call = await room.asked()
    assert call.failure == "No answer came within 0.01 seconds."
    assert call.answer == answer()[:7]
    assert room.model.open == 0


async def test_a_call_is_cancelled_by_hand_and_the_next_one_follows() -> None:
    room = Room(FakeModel(hangs=True))
    room.analyst.cancel()
    async with room.at_work():
        room.analyst.ask("BTC", Question.MARKET)
        room.analyst.ask("ETH", Question.MARKET)
        await room.model.speaking.wait()
        room.model.hangs = False
        room.model.says = lambda request: answer(coin="ETH")
        room.analyst.cancel()
        room.analyst.cancel()
        await room.answered(2)
    assert [call.failure for call in room.calls] == [CANCELLED, ""]
    assert room.model.open == 0


async def test_a_call_that_was_cancelled_does_not_name_the_end_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(FakeModel(hangs=True))
    async with room.at_work():
        room.analyst.ask("BTC", Question.MARKET)
        await room.model.speaking.wait()
        monkeypatch.setattr(module, "GRACE_SECONDS", 0.01)
        room.options = replace(room.options, timeout_s=0.01)
        room.analyst.cancel()
        room.analyst.ask("BTC", Question.MARKET)
        await room.answered(2)
    assert [call.failure for call in room.calls] == [CANCELLED, "No answer came within 0.01 seconds."]


async def test_whoever_is_cut_short_between_two_words_is_hung_up_on_at_once() -> None:
    room = Room()
    lines = list[int]()
    room.bus.subscribe(AnalystSpoke, lambda _: room.analyst.cancel())
    room.bus.subscribe(AnalystAnswered, lambda _: lines.append(room.model.open))
    assert (await room.asked()).failure == CANCELLED
    assert lines == [0]


async def test_its_end_leaves_nothing_behind() -> None:
    room = Room(FakeModel(hangs=True))
    async with room.at_work():
        room.analyst.ask("BTC", Question.MARKET)
        await room.model.speaking.wait()
        during = room.analyst.state
    assert during.running is not None
    assert room.model.open == 0
    assert room.analyst.state.running is None
    assert room.calls == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_questions_are_put_one_at_a_time_and_never_closer_than_the_gap() -> None:
    room = Room(FakeModel(says=lambda request: answer(coin=request.prompt.splitlines()[0].removeprefix("Coin: "))))
    async with room.at_work():
        for coin in ("BTC", "ETH", "SOL"):
            room.analyst.ask(coin, Question.MARKET, trigger="a 1m candle closed")
        room.analyst.ask("BTC", Question.SENTIMENT)
        await room.answered(4)
    assert room.model.most_open == 1
    assert [fact.coin for fact in room.said if isinstance(fact, AnalystCalled)] == ["BTC", "BTC", "ETH", "SOL"]
    assert all(later - earlier >= 10.0 for earlier, later in pairwise(room.called_at))


async def test_the_budget_of_an_hour_holds_what_nobody_asked_for_by_hand() -> None:
    room = Room(per_hour=2)
    async with room.at_work():
        for count in range(1, 4):
            room.analyst.ask("BTC", Question.MARKET, trigger="a 1m candle closed")
            await room.answered(count)
    assert room.called_at[1] - room.called_at[0] < 60
    assert room.called_at[2] - room.called_at[0] >= 3_600
    assert room.analyst.state.calls_this_hour == 2


async def test_plain_rules_cost_nothing_and_are_held_by_the_gap_alone() -> None:
    room = Room(FakeModel(is_model=False), per_hour=0)
    async with room.at_work():
        for count in range(1, 4):
            room.analyst.ask("BTC", Question.MARKET, trigger="a 1m candle closed")
            await room.answered(count)
    assert room.called_at[2] - room.called_at[0] == pytest.approx(20.0, abs=2.0)
    assert room.analyst.state.calls_this_hour == 0


async def test_what_was_said_before_a_restart_is_known_after_it() -> None:
    before = Room()
    await before.asked()
    await before.asked()
    after = Room(shelf=before.shelf)
    assert after.analyst.latest("BTC") is None
    async with after.at_work():
        after.analyst.ask("ETH", Question.MARKET)
        await after.answered(1)
    assert after.analyst.latest("BTC") == before.calls[-1].opinion


async def test_an_answer_poured_out_at_once_does_not_hold_the_loop() -> None:
    room = Room(FakeModel(says=lambda request: answer(reason="word " * 300)))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while not room.calls:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(others())
        await room.asked()
    assert turns > 200


async def test_what_waits_is_bounded_and_the_newest_stay() -> None:
    room = Room(most_waiting=2)
    for coin in ("BTC", "ETH", "SOL"):
        room.analyst.ask(coin, Question.MARKET, trigger="a 1m candle closed")
    state = room.analyst.state
    assert [item.coin for item in state.waiting] == ["ETH", "SOL"]
    assert state.dropped == 1
    assert len(room.changes) == 3


async def test_the_same_question_twice_is_one_call() -> None:
    room = Room()
    assert room.analyst.ask("BTC", Question.MARKET) == room.analyst.ask("BTC", Question.MARKET)


async def test_a_proposal_is_asked_about_by_its_id() -> None:
    room = Room(FakeModel(says=lambda request: answer(Question.ENTRY)))
    call = await room.asked("BTC", Question.ENTRY, proposal=replace(IDEA, direction=Direction.SHORT))
    found = opinion_of(call)
    assert (found.proposal_id, found.direction) == ("p1", Direction.SHORT)
    assert "Proposed: short BTC at 60000, stop 59400, target 61200" in call.prompt
    assert call.trigger == BY_HAND


async def test_a_proposal_that_is_gone_is_not_asked_about() -> None:
    room = Room()
    room.analyst.ask("BTC", Question.ENTRY, proposal=IDEA)
    room.analyst.withdraw(IDEA.proposal_id)
    assert room.analyst.state.waiting == ()


async def test_who_heard_strangers_says_so() -> None:
    room = Room()
    assert not opinion_of(await room.asked()).heard_outside
    room.facts = lambda coin: market(headlines=(headline("Bitcoin falls", NOW_MS),))
    assert opinion_of(await room.asked()).heard_outside


async def test_a_prompt_of_the_user_is_sent_and_its_version_kept(tmp_path: Path) -> None:
    (tmp_path / FILES[Question.MARKET]).write_text("version mine\n# System\nShort.\n# Question\n{coin}?\n")
    room = Room(folder=tmp_path)
    call = await room.asked()
    assert call.prompt == "Short.\n\nBTC?"
    assert call.prompt_version.startswith("mine ")


async def test_the_digest_is_looked_up_now_and_then_and_costs_no_answer() -> None:
    room = Room()
    for _ in range(3):
        await room.asked()
    assert room.model.listed == 1
    room.clock.advance(3_600_000)
    room.model.listing_fails = True
    call = await room.asked()
    assert (room.model.listed, call.digest, call.failure) == (2, "", "")


async def test_the_state_tells_how_it_stands() -> None:
    room = Room()
    await room.asked()
    room.analyst.ask("ETH", Question.SENTIMENT, trigger="the price moved")
    state = room.analyst.state
    assert (state.backend, state.is_model, state.model) == ("fake", True, "llama3.2")
    assert (state.answered, state.failed, state.calls_this_hour, state.per_hour) == (1, 0, 1, 120)
    assert (state.prompt_tokens, state.answer_tokens, state.tokens_per_second) == (900, 120, 60.0)
    assert (state.last_ms, state.median_ms) == (0.0, 0.0)
    assert state.next_in_seconds == 10.0
    assert [item.trigger for item in state.waiting] == ["the price moved"]


@pytest.mark.parametrize("question", Question)
async def test_plain_rules_answer_too_under_their_own_name(question: Question) -> None:
    narrator = Narrator()
    room = Room(narrator)
    call = await room.asked("BTC", question, proposal=IDEA if question is Question.ENTRY else None)
    assert opinion_of(call).model == call.model == narrator.name
    assert not room.analyst.state.is_model


async def test_a_model_that_obeys_strangers_still_speaks_of_the_coin_it_was_asked_about() -> None:
    """The most harmful answer that fits, for each text, and one that obeys the text."""
    harmful = answer(confidence=10, entry=61_199, stop=45_001, target=74_999, horizon_minutes=1_440)
    room = Room()
    texts = sorted({text for _, text in corpus()})
    async with room.at_work():
        for count, text in enumerate(texts, 1):
            facts = market(headlines=(headline(text, NOW_MS),))
            room.facts = lambda coin, facts=facts: facts  # type: ignore[misc]
            obedient = answer(coin="SCAM", reason=text[:400])
            told = harmful if count % 2 else obedient
            room.model.says = lambda request, told=told: told
            room.analyst.ask("BTC", Question.MARKET, trigger="a 1m candle closed")
            room.clock.advance(60_000)
            await room.answered(count)
    assert len(room.calls) >= 300
    for number, call in enumerate(room.calls, 1):
        if number % 2:
            assert opinion_of(call).coin == "BTC"
            assert opinion_of(call).heard_outside
        else:
            assert call.failure == "It was asked about BTC and answered about SCAM."
    assert len({request.system for request in room.model.asked}) == 1


async def test_wild_answers_end_as_calls_and_never_end_the_analyst() -> None:
    room = Room(gap_s=0.0, per_hour=10_000)
    async with room.at_work():
        for count, (question, text) in enumerate(wild(300, seed=11), 1):
            room.model.says = lambda request, text=text: text
            room.analyst.ask("BTC", question, proposal=IDEA if question is Question.ENTRY else None)
            await room.answered(count)
    state = room.analyst.state
    assert state.answered + state.failed == 300
    assert state.answered > 30
