from __future__ import annotations

import math
import re
from typing import Literal

import pytest

from hlmaster.core.opinions import Question
from hlmaster.insight.analyst.facts import MarketFacts
from hlmaster.insight.analyst.outside import MOST_QUOTED
from hlmaster.insight.analyst.prepared import NotAsked, prepared
from hlmaster.insight.analyst.prompts import LONGEST, Prompt, Prompts
from tests.insight.analyst.hostile import FAMILIES, corpus, headline
from tests.insight.analyst.markets import IDEA, NOW_MS, market

OURS = Prompts(None)
MARK = "f" * 16


def test_everything_that_is_sent_is_there() -> None:
    ready = prepared(OURS.of(Question.MARKET), Question.MARKET, market(), "BTC")
    assert ready.system == OURS.of(Question.MARKET).system
    assert "Coin: BTC" in ready.prompt
    assert "mid 60000, bid 59999.5, ask 60000.5" in ready.prompt
    assert len(re.findall(r"^\d+m ", ready.prompt, re.MULTILINE)) == 50
    assert ready.schema["required"][0] == "reason"
    assert not ready.heard_outside


@pytest.mark.parametrize("question", Question)
def test_our_prompts_leave_no_name_unfilled(question: Question) -> None:
    ready = prepared(OURS.of(question), question, market(idea=IDEA), "BTC")
    assert not re.search(r"\{[a-z_]+\}", ready.prompt)
    assert len(ready.system) + len(ready.prompt) < LONGEST / 5


@pytest.mark.parametrize("question", [Question.SENTIMENT, Question.ENTRY])
def test_a_question_that_shows_no_news_heard_none(question: Question) -> None:
    ready = prepared(OURS.of(question), question, market(idea=IDEA, headlines=(headline("x", NOW_MS),)), "BTC")
    assert not ready.heard_outside
    assert "quiet day" not in ready.prompt


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("where", ["title", "text", "source"])
def test_no_text_of_strangers_leaves_its_quote(family: str, where: Literal["title", "text", "source"]) -> None:
    prompt = OURS.of(Question.MARKET)
    quiet = prepared(prompt, Question.MARKET, market(headlines=(headline("x", NOW_MS),)), "BTC", lambda: MARK)
    around = _around(quiet.prompt)
    for _, text in (pair for pair in corpus() if pair[0] == family):
        facts = market(headlines=(headline(text.replace("0" * 16, MARK), NOW_MS, where=where),))
        ready = prepared(prompt, Question.MARKET, facts, "BTC", lambda: MARK)
        assert ready.system == quiet.system
        assert ready.heard_outside
        assert _around(ready.prompt) == around
        assert len(ready.prompt) <= len(around[0]) + len(around[1]) + MOST_QUOTED
        # A mark that was guessed stands among the words, and is no mark without its signs
        assert (ready.prompt.count(f"<<<{MARK}\n"), ready.prompt.count(f"\n{MARK}>>>")) == (1, 1)
        assert (ready.prompt.count("<"), ready.prompt.count(">")) == (3, 3)
        assert ready.prompt.count("\n") == quiet.prompt.count("\n")


def _around(prompt: str) -> tuple[str, str]:
    before, _, rest = prompt.partition(f"<<<{MARK}\n")
    return before, rest.partition(f"\n{MARK}>>>")[2]


@pytest.mark.parametrize(
    "facts",
    [
        None,
        market(mid=math.nan),
        market(bid=math.inf),
        market(bid=0.0),
        market(bid=60_001.0),
        market(ask=59_000.0),
    ],
)
def test_nothing_is_asked_without_sound_prices(facts: MarketFacts | None) -> None:
    with pytest.raises(NotAsked, match="The prices of BTC are not known yet"):
        prepared(OURS.of(Question.MARKET), Question.MARKET, facts, "BTC")


def test_no_entry_is_asked_about_without_a_proposal() -> None:
    with pytest.raises(NotAsked, match="no open proposal on BTC"):
        prepared(OURS.of(Question.ENTRY), Question.ENTRY, market(), "BTC")


def test_a_prompt_that_grows_too_long_is_not_sent() -> None:
    with pytest.raises(NotAsked, match="characters"):
        prepared(Prompt("1", "s", "{coin} " + "{candles}" * 50), Question.MARKET, market(), "BTC")
