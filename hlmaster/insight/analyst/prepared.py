"""A question made ready: exactly what would be sent, and what an answer to it will be read against."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hlmaster.core.errors import HlError
from hlmaster.core.opinions import Question
from hlmaster.insight.analyst.facts import MarketFacts, written
from hlmaster.insight.analyst.outside import Fence, new_fence, quoted
from hlmaster.insight.analyst.prompts import LONGEST, OUTSIDE, Prompt
from hlmaster.insight.analyst.schema import schema


class NotAsked(HlError):
    """A question cannot be put as things are."""

    code = "ANA-002"


@dataclass(frozen=True, slots=True)
class PreparedQuestion:
    """``trouble``: why the user's own prompt is not used; empty where it is, or where there is none."""

    question: Question
    facts: MarketFacts
    system: str
    prompt: str
    schema: Mapping[str, Any]
    version: str
    heard_outside: bool
    trouble: str


def prepared(
    prompt: Prompt, question: Question, facts: MarketFacts | None, coin: str, fence: Fence = new_fence
) -> PreparedQuestion:
    """Raises NotAsked: there is nothing to show, no proposal to ask about, or the filled prompt is far too long."""
    if facts is None or not _is_sound(facts):
        raise NotAsked(f"The prices of {coin} are not known yet.", "Wait until its book is there.")
    if question is Question.ENTRY and facts.idea is None:
        raise NotAsked(f"There is no open proposal on {coin} to ask about.")
    heard = prompt.hears_outside and bool(facts.headlines)
    news = {OUTSIDE: quoted(facts.headlines, facts.at_ms, fence)} if prompt.hears_outside else {}
    text = prompt.filled({**written(facts), **news})
    if len(text) > LONGEST:
        raise NotAsked(f"The prompt comes to {len(text):,} characters; at most {LONGEST:,} are sent.", "Shorten it.")
    return PreparedQuestion(
        question, facts, prompt.system, text, schema(question), prompt.version, heard, prompt.trouble
    )


def _is_sound(facts: MarketFacts) -> bool:
    return all(map(math.isfinite, (facts.mid, facts.bid, facts.ask))) and 0 < facts.bid <= facts.mid <= facts.ask
