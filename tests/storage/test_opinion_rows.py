"""Calls, opinions, outcomes and headlines come back from their rows; what no database can hold does no harm."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.opinions import Call, Headline, Opinion, Outcome
from hlmaster.storage import opinion_rows as rows
from hlmaster.storage import tables
from tests.storage import facts


def columns(name: str) -> set[str]:
    return set(tables.metadata.tables[name].columns.keys()) - {"session_id"}


@given(facts.calls)
def test_calls_come_back_with_their_opinions(call: Call) -> None:
    row = rows.call_row(call)
    assert rows.call_of(row, call.opinion) == call
    assert set(row) == columns("calls")


@given(facts.opinions, facts.texts)
def test_opinions_come_back(opinion: Opinion, digest: str) -> None:
    row = rows.opinion_row(opinion, digest)
    assert rows.opinion_of(row) == opinion
    assert row["digest"] == digest
    assert set(row) == columns("opinions")


@given(facts.outcomes)
def test_outcomes_come_back(outcome: Outcome) -> None:
    row = rows.outcome_row(outcome)
    assert rows.outcome_of(row) == outcome
    assert set(row) == columns("outcomes")


def test_what_was_never_learnt_stays_unknown() -> None:
    row = rows.outcome_row(Outcome("c", 1, math.nan, False, False, ""))
    assert row["change"] is None
    assert not rows.outcome_of(row).known


@given(facts.headlines)
def test_headlines_come_back(headline: Headline) -> None:
    row = rows.headline_row(headline)
    assert rows.headline_of(row) == headline
    assert set(row) == columns("headlines")


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "\udfff\ud800"])
def test_texts_that_no_database_holds_are_replaced(text: str) -> None:
    call = replace(facts.a_call(), answer=text, failure=text)
    found = rows.call_of(rows.call_row(call), None)
    for said in (found.answer, found.failure):
        assert said.encode()
        assert "\x00" not in said
    opinion = replace(facts.an_opinion(), reason=text)
    assert rows.opinion_of(rows.opinion_row(opinion, "")) == opinion


@given(st.integers(), st.floats())
def test_numbers_that_no_database_holds_are_cut_or_unknown(count: int, milliseconds: float) -> None:
    row = rows.call_row(replace(facts.a_call(), prompt_tokens=count, latency_ms=milliseconds))
    assert abs(row["prompt_tokens"]) < 2**63
    assert row["latency_ms"] == (milliseconds if math.isfinite(milliseconds) else None)


@given(st.floats())
def test_an_opinion_comes_back_whatever_its_numbers(price: float) -> None:
    opinion = replace(facts.an_opinion(), price=price)
    found = rows.opinion_of(rows.opinion_row(opinion, ""))
    assert repr(asdict(found)) == repr(asdict(opinion))
