"""Decisions and trades as rows, and rows as what they were. What nobody asks the database for lies in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import msgspec

from hlmaster.core.model import Side
from hlmaster.core.proposals import Proposal
from hlmaster.core.records import Arrival, Data, Decision, Ghost, Line, Trade
from hlmaster.core.signals import Signal
from hlmaster.storage.rows import Row

_SIGNAL = (
    "key",
    "strategy",
    "coin",
    "grid",
    "row_ms",
    "direction",
    "confidence",
    "strength",
    "valid_until_ms",
    "reason",
    "entry",
    "stop",
    "target",
    "version",
)
_TRADE = tuple(field.name for field in fields(Trade))
_PROPOSAL = (
    "proposal_id",
    "source",
    "coin",
    "side",
    "size",
    "limit_price",
    "reference_price",
    "target",
    "confidence",
    "notional",
    "risk",
    "reward",
    "policy",
    "state",
    "state_text",
    "edited",
    "decided_by",
    "decided_ms",
    "created_ms",
    "expires_ms",
)
_GHOST = ("proposal_id", "source", "coin", "side", "start_ms", "end_ms", "until_ms", "state", "net")
_signal = msgspec.json.Decoder(Signal)
_proposal = msgspec.json.Decoder(Proposal)
_ghost = msgspec.json.Decoder(Ghost)


def signal_row(signal: Signal, params: str) -> Row:
    return {**_told(signal, _SIGNAL), "params": params, "body": _json(signal)}


def signal_of(row: Mapping[str, Any]) -> Signal:
    return _signal.decode(row["body"])


def decision_of(row: Mapping[str, Any], inputs: bytes | None) -> Decision:
    return Decision(signal_of(row), row["params"], inputs)


def proposal_row(proposal: Proposal) -> Row:
    return {**_told(proposal, _PROPOSAL), "body": _json(proposal)}


def proposal_of(row: Mapping[str, Any]) -> Proposal:
    return _proposal.decode(row["body"])


def arrival_of(row: Mapping[str, Any]) -> Arrival:
    return Arrival(row["client_order_id"], row["coin"], row["time_ms"], row["price"])


def trade_row(trade: Trade) -> Row:
    return {**asdict(trade), "side": trade.side.value, "tags": json.dumps(trade.tags)}


def trade_of(row: Mapping[str, Any]) -> Trade:
    own = {name: row[name] for name in _TRADE}
    return Trade(**own | {"side": Side(row["side"]), "tags": tuple(json.loads(row["tags"]))})


def ghost_row(ghost: Ghost) -> Row:
    return {**_told(ghost, _GHOST), "body": _json(ghost)}


def ghost_of(row: Mapping[str, Any]) -> Ghost:
    return _ghost.decode(row["body"])


def line_row(subject: str, time_ms: int, kind: str, text: str, data: Data) -> Row:
    return {"subject": subject, "time_ms": time_ms, "kind": kind, "text": text, "data": _json(data)}


def line_of(row: Mapping[str, Any]) -> Line:
    return Line(row["subject"], row["time_ms"], row["kind"], row["text"], json.loads(row["data"]))


def _told(whole: object, names: tuple[str, ...]) -> Row:
    """What the database may be asked about; enumerations by their value."""
    told = {name: getattr(whole, name) for name in names}
    return {name: getattr(value, "value", value) for name, value in told.items()}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
