"""Answers of models: sound ones, and by the thousand those that no sound model gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from hlmaster.core.opinions import Question
from tests.insight.analyst.hostile import corpus

SOUND: dict[Question, dict[str, Any]] = {
    Question.MARKET: {
        "reason": "Higher lows and buyers in front.",
        "coin": "BTC",
        "sentiment": "BULLISH",
        "signal": "LONG",
        "confidence": 7,
        "entry": 60_000,
        "stop": 59_400.0,
        "target": 61_200.0,
        "invalidation": "a close under 59,400",
        "horizon_minutes": 30,
    },
    Question.SENTIMENT: {
        "reason": "Buyers in front.",
        "coin": "BTC",
        "sentiment": "BEARISH",
        "confidence": 4,
    },
    Question.ENTRY: {"reason": "The figures agree.", "coin": "BTC", "enter": "YES", "confidence": 8},
}


def answer(question: Question = Question.MARKET, **changes: Any) -> str:
    return json.dumps(SOUND[question] | changes)


_NUMBERS = (
    *("0", "-0.0", "1", "-1", "10", "11", "7.5", "0.1", "007", "0x10", "1_000"),
    *("1e308", "-1e308", "1e999", "5e-324", "Infinity", "-Infinity", "NaN", "2147483648", "123456789012345678901"),
    *("60000", "59999.5", "60001", "66000", "54000"),
)
_WORDS = (
    *("LONG", "SHORT", "HOLD", "BUY", "BULLISH", "BEARISH", "NEUTRAL", "YES", "NO", "null", "true"),
    *("BTC", "btc", "ETH", "SCAM", "BTC-PERP", "MARKET", "ALL", "", "10", "7", "NaN"),
)
_STRANGE = ["null", "true", "false", "[]", "{}", "[7]", '{"value": 7}', '"\\ud800"', '"\\u0000"', '"\x00"', "'x'", ""]


def _value(dice: Random, texts: list[str]) -> str:
    """One value as it might stand in an answer: JSON, or nearly."""
    kind = dice.randrange(8)
    if kind < 3:
        return dice.choice(_NUMBERS)
    if kind < 5:
        return json.dumps(dice.choice(_WORDS))
    if kind == 5:
        return json.dumps(dice.choice(texts)[:3_000])
    if kind == 6:
        return str(dice.uniform(-1, 1) * 10 ** dice.randrange(-8, 12))
    return dice.choice(_STRANGE)


def _near(dice: Random) -> str:
    """A price about the book, so that the checks of prices are reached."""
    return repr(60_000.0 * (1.0 + dice.gauss(0.0, dice.choice((0.001, 0.01, 0.1, 0.5)))))


def _damaged(dice: Random, text: str) -> str:
    harm: tuple[Callable[[], str], ...] = (
        lambda: text[: dice.randrange(len(text) + 1)],
        lambda: f"Here you are:\n{text}",
        lambda: f"```json\n{text}\n```",
        lambda: text + text,
        lambda: text.replace('"', "'"),
        lambda: text.replace(":", "", 1),
        lambda: f"[{text}]",
        lambda: text + " " * 25_000,
        lambda: "[" * 5_000 + text,
        lambda: dice.choice(("", " ", "null", "{}", "I cannot help with that.", "<think>hm</think>")),
        lambda: "".join(dice.choice(text) for _ in range(40)),
    )
    return dice.choice(harm)()


def wild(count: int, seed: int) -> Iterator[tuple[Question, str]]:
    """Question and answer. Half differ from a sound answer in a field or two, so that many nearly pass."""
    dice = Random(seed)
    texts = [text for _, text in corpus()]
    for _ in range(count):
        question = dice.choice(list(Question))
        fields = {name: json.dumps(value) for name, value in SOUND[question].items()}
        if question is Question.MARKET and dice.random() < 0.7:
            fields["signal"], fields["sentiment"] = dice.choice(
                (('"LONG"', '"BULLISH"'), ('"SHORT"', '"BEARISH"'), ('"HOLD"', '"NEUTRAL"'), ('"LONG"', '"BEARISH"'))
            )
            fields |= {name: dice.choice((_near(dice), "null", "0")) for name in ("entry", "stop", "target")}
        for name in dice.sample(sorted(fields), dice.choice((0, 0, 1, 1, 2, len(fields)))):
            fields[name] = _value(dice, texts)
        if dice.random() < 0.1:
            fields[dice.choice(("size", "leverage", "tool_calls", "confidence ", "coin2"))] = _value(dice, texts)
        if dice.random() < 0.1:
            del fields[dice.choice(sorted(fields))]
        text = f"{{{', '.join(f'{json.dumps(name)}: {value}' for name, value in fields.items())}}}"
        yield question, _damaged(dice, text) if dice.random() < 0.15 else text
