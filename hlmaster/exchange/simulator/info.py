"""``POST /info``: finding the answer to a question, its weight, and what a question nobody understands gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hlmaster.exchange.simulator import account_answers, market_answers, plain_answers
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.questions import Question
from hlmaster.exchange.simulator.schema import Malformed

Answer = Callable[[House, Question], Any]

ANSWERS: Mapping[str, Answer] = {**market_answers.ANSWERS, **account_answers.ANSWERS, **plain_answers.ANSWERS}


def answer(house: House, body: Mapping[str, Any]) -> Any:
    """The JSON-able answer. Raises Malformed (422) and Unanswerable (500)."""
    kind = body.get("type")
    handler = ANSWERS.get(kind) if isinstance(kind, str) else None
    if handler is None:
        raise Malformed(f"unknown info type {kind!r}")
    question = Question(body)
    if "user" in body:
        house.welcome(question.user)
    return handler(house, question)


def rows_of(result: Any) -> int:
    return len(result) if isinstance(result, list) else 0
