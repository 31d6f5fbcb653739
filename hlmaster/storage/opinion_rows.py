"""Calls, opinions, outcomes and headlines as rows, and rows as what they were.

Words of models and strangers reach the store here. What no database can hold (half a surrogate pair, a zero byte, a
number too large) is replaced, for a row that is refused would keep every row behind it waiting. JSON in ASCII holds
all of it as it was.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from hlmaster.core.opinions import Call, Headline, Mood, Opinion, Outcome, Question
from hlmaster.core.signals import Direction
from hlmaster.storage.rows import Row

_CALL = tuple(field.name for field in fields(Call) if field.name != "opinion")
_OUTCOME = tuple(field.name for field in fields(Outcome))
_HEADLINE = ("key", "source", "title", "published_ms", "heard_ms", "score")
_LARGEST = 2**63 - 1


def call_row(call: Call) -> Row:
    return _storable({name: getattr(call, name) for name in _CALL})


def call_of(row: Mapping[str, Any], opinion: Opinion | None) -> Call:
    named = {"question": Question(row["question"]), "latency_ms": _real(row["latency_ms"]), "opinion": opinion}
    return Call(**{name: row[name] for name in _CALL} | named)


def opinion_row(opinion: Opinion, digest: str) -> Row:
    told = {"call_id": opinion.call_id, "direction": opinion.direction.value, "asked_ms": opinion.asked_ms}
    return _storable(told | {"digest": digest, "body": json.dumps(asdict(opinion))})


def opinion_of(row: Mapping[str, Any]) -> Opinion:
    told = json.loads(row["body"])
    named = {"question": Question(told["question"]), "mood": Mood(told["mood"])}
    return Opinion(**told | named | {"direction": Direction(told["direction"])})


def outcome_row(outcome: Outcome) -> Row:
    return _storable(asdict(outcome))


def outcome_of(row: Mapping[str, Any]) -> Outcome:
    return Outcome(**{name: row[name] for name in _OUTCOME} | {"change": _real(row["change"])})


def headline_row(headline: Headline) -> Row:
    return _storable({name: getattr(headline, name) for name in _HEADLINE} | {"body": json.dumps(asdict(headline))})


def headline_of(row: Mapping[str, Any]) -> Headline:
    told: dict[str, Any] = json.loads(row["body"])
    return Headline(**told | {name: tuple(value) for name, value in told.items() if isinstance(value, list)})


def _storable(row: Row) -> Row:
    return {name: _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    match value:
        case str():
            return str(value).encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
        case bool():
            return value
        case int():
            return min(max(value, -_LARGEST), _LARGEST)
        case float():
            return value if math.isfinite(value) else None
    return value


def _real(value: float | None) -> float:
    """What is not known is NaN here and nothing there."""
    return math.nan if value is None else value
