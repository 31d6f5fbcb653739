"""A decision or trade that becomes a row and itself again is the same; every column of its table is filled."""

from __future__ import annotations

import json
from dataclasses import asdict

from hypothesis import given

from hlmaster.core.proposals import Proposal
from hlmaster.core.records import Arrival, Ghost, Line, Trade
from hlmaster.core.signals import Signal
from hlmaster.storage import record_rows as rows
from hlmaster.storage import tables
from tests.storage import facts


def columns(name: str) -> set[str]:
    return set(tables.metadata.tables[name].columns.keys()) - {"session_id", "id"}


@given(facts.signals, facts.texts)
def test_signals_come_back_with_their_parameters(signal: Signal, params: str) -> None:
    row = rows.signal_row(signal, params)
    assert rows.signal_of(row) == signal
    assert rows.decision_of(row, b"rows").params == params
    assert set(row) == columns("signals")


@given(facts.proposals)
def test_proposals_come_back_whole(proposal: Proposal) -> None:
    row = rows.proposal_row(proposal)
    assert rows.proposal_of(row) == proposal
    assert set(row) == columns("proposals")


@given(facts.trades)
def test_trades_come_back(trade: Trade) -> None:
    row = rows.trade_row(trade)
    assert rows.trade_of(row) == trade
    assert set(row) == columns("trades")


@given(facts.ghosts, facts.arrivals)
def test_ghosts_and_arrivals_come_back(ghost: Ghost, arrival: Arrival) -> None:
    row = rows.ghost_row(ghost)
    assert rows.ghost_of(row) == ghost
    assert set(row) == columns("ghosts")
    assert rows.arrival_of(asdict(arrival)) == arrival
    assert set(asdict(arrival)) == columns("arrivals")


@given(facts.texts, facts.times, facts.texts)
def test_lines_come_back(subject: str, time_ms: int, text: str) -> None:
    row = rows.line_row(subject, time_ms, "verdict", text, {"rules": ["price band"], "used": 0.5})
    assert json.loads(row["data"])["used"] == 0.5
    assert rows.line_of(row) == Line(subject, time_ms, "verdict", text, {"rules": ["price band"], "used": 0.5})
    assert set(row) == columns("lines")
