"""What a strategy says on one row, taken from its arrays and judged before anybody hears it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from hlmaster.core.candles import Floats
from hlmaster.core.errors import HlError
from hlmaster.core.signals import Opportunity
from hlmaster.market.window import Window
from hlmaster.strategies.base import Explanation, Params, Signals, Strategy

LONGEST_TEXT = 2_000
MOST_DETAILS = 60
_SIGNS = np.dtype(np.int8)
_FLOATS = np.dtype(np.float64)


class StrategyBroken(HlError):
    """A strategy did what none may do; it is shown broken with this sentence, and nothing else is touched."""

    code = "STR-001"


@dataclass(frozen=True, slots=True)
class Answer:
    """A strategy's word on the last row of a window; see ``Signals``. ``explanation``: None where it was not asked."""

    sign: int
    confidence: float
    strength: float
    entry: float | None = None
    stop: float | None = None
    target: float | None = None
    explanation: Explanation | None = None
    opportunity: Opportunity | None = None


def last_answer(signals: Signals, rows: int, opportunity: Opportunity | None = None) -> Answer:
    """The word on the last of so many rows. Raises StrategyBroken for wrong kinds, lengths and dtypes, NaN, ranges."""
    if type(signals) is not Signals:
        raise StrategyBroken(f"It returned {_kind(signals)} in place of Signals.")
    direction = signals.direction
    if not isinstance(direction, np.ndarray) or direction.dtype != _SIGNS or direction.shape != (rows,):
        raise StrategyBroken(_shape("direction", direction, rows, "int8"))
    entry, stop, target = signals.entry, signals.stop, signals.target
    answer = Answer(
        int(direction[-1]),
        _last("confidence", signals.confidence, rows),
        _last("strength", signals.strength, rows),
        None if entry is None else _price(_last("entry", entry, rows)),
        None if stop is None else _price(_last("stop", stop, rows)),
        None if target is None else _price(_last("target", target, rows)),
        None,
        opportunity,
    )
    judge(answer)
    return answer


def judge(answer: Answer) -> None:
    """Raises StrategyBroken, saying which figure cannot be; NaN and infinities cannot."""
    sign = answer.sign
    if sign not in (-1, 0, 1):
        raise StrategyBroken(f"Its direction is {sign}; it must be 1, 0 or -1.")
    if not 0.0 <= answer.confidence <= 1.0:
        raise StrategyBroken(f"Its confidence is {answer.confidence:g}; it must be between 0 and 1.")
    if not 0.0 <= answer.strength <= 1.0:
        raise StrategyBroken(f"Its strength is {answer.strength:g}; it must be between 0 and 1.")
    if not sign:
        return
    entry, stop, target = answer.entry, answer.stop, answer.target
    for name, price in (("entry", entry), ("stop", stop), ("target", target)):
        if price is not None and not 0.0 < price < math.inf:
            raise StrategyBroken(f"Its {name} is {price:g}; a price is above 0 and finite.")
    side, low, high = ("LONG", stop, target) if sign > 0 else ("SHORT", target, stop)
    if entry is not None and ((low is not None and low >= entry) or (high is not None and high <= entry)):
        named = ", ".join(f"{name} {p:g}" for name, p in (("stop", stop), ("target", target)) if p is not None)
        raise StrategyBroken(f"It says {side} from {entry:g} with {named}: these are on the wrong side.")


def judge_words(explanation: Explanation | None, opportunity: Opportunity | None) -> None:
    """Raises StrategyBroken for texts and lists that nobody could read."""
    if explanation is not None:
        if not isinstance(explanation, Explanation) or not isinstance(explanation.reason, str):
            raise StrategyBroken(f"It explains itself by {_kind(explanation)}, not by an Explanation with a text.")
        if len(explanation.reason) > LONGEST_TEXT or len(explanation.details) > MOST_DETAILS:
            raise StrategyBroken(f"Its explanation has more than {LONGEST_TEXT} letters or {MOST_DETAILS} details.")
    if opportunity is not None:
        if not isinstance(opportunity, Opportunity):
            raise StrategyBroken(f"What it watches is {_kind(opportunity)}, not an Opportunity.")
        if len(opportunity.text) > LONGEST_TEXT or len(opportunity.checks) > MOST_DETAILS:
            raise StrategyBroken(f"What it watches has more than {LONGEST_TEXT} letters or {MOST_DETAILS} checks.")


def answer_of(strategy: Strategy[Params], window: Window) -> Answer:
    """What a strategy says about the last row, and what it watches, unexplained. Raises whatever the strategy does."""
    signals, opportunity = strategy.signals(window), None
    if type(strategy).opportunity is not Strategy.opportunity:
        opportunity = strategy.opportunity(window)
        if opportunity is not None:
            judge_words(None, opportunity)
    return last_answer(signals, len(window), opportunity)


def explanation_of(strategy: Strategy[Params], window: Window) -> Explanation:
    explanation = strategy.explain(window)
    judge_words(explanation, None)
    return explanation


def _last(name: str, column: Floats, rows: int) -> float:
    if not isinstance(column, np.ndarray) or column.dtype != _FLOATS or column.shape != (rows,):
        raise StrategyBroken(_shape(name, column, rows, "float64"))
    return float(column[-1])


def _price(value: float) -> float | None:
    return None if value != value else value  # NaN: it names none


def _shape(name: str, found: Any, rows: int, dtype: str) -> str:
    need = f"it must be an array of {rows} {dtype}, one for each row of the window"
    if not isinstance(found, np.ndarray):
        return f"Its {name} is {_kind(found)}; {need}."
    if found.ndim == 1 and len(found) > rows:
        return f"Its {name} has {len(found)} entries, more than there are rows: {need}."
    return f"Its {name} is {found.dtype} of shape {found.shape}; {need}."


def _kind(found: object) -> str:
    return "nothing" if found is None else f"a {type(found).__name__}"
