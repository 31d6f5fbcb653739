"""Decisions, dossiers and trades in the desk store, through the session's recorder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from hlmaster.core.proposals import Proposal
from hlmaster.core.records import Arrival, Data, Decision, Ghost, Line, Trade
from hlmaster.core.signals import Signal
from hlmaster.storage import record_rows as rows
from hlmaster.storage.recorder import Recorder

if TYPE_CHECKING:
    from hlmaster.storage.writer import Writer

T = TypeVar("T")


class StoredRecords:
    """``core.records.Records``."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def save_signal(self, signal: Signal, inputs: bytes | None, params: str) -> None:
        self._recorder.save("signals", rows.signal_row(signal, params))
        if inputs is not None:
            self._recorder.save("inputs", {"key": signal.key, "row_ms": signal.row_ms, "body": inputs})

    def save_proposal(self, proposal: Proposal) -> None:
        self._recorder.save("proposals", rows.proposal_row(proposal))
        for signal in proposal.signals:
            self._recorder.save("grounds", {"proposal_id": proposal.proposal_id, "key": signal.key})

    def save_arrival(self, arrival: Arrival) -> None:
        self._recorder.save("arrivals", asdict(arrival))

    def save_trade(self, trade: Trade) -> None:
        self._recorder.save("trades", rows.trade_row(trade))

    def save_ghost(self, ghost: Ghost) -> None:
        self._recorder.save("ghosts", rows.ghost_row(ghost))

    def note(self, subject: str, time_ms: int, kind: str, text: str, data: Data) -> None:
        self._recorder.save("lines", rows.line_row(subject, time_ms, kind, text, data))

    async def signals(self, limit: int) -> list[Signal]:
        """The latest, oldest first; so are the other lists."""
        return await self._latest("signals", limit, "row_ms", rows.signal_of)

    async def decisions(self, keys: Collection[str]) -> list[Decision]:
        """By ``Signal.key``, those that were kept, in no order."""

        def ask(writer: Writer) -> list[Decision]:
            inputs = {row["key"]: row["body"] for row in writer.among("inputs", "key", keys)}
            return [rows.decision_of(row, inputs.get(row["key"])) for row in writer.among("signals", "key", keys)]

        return await self._recorder.ask(ask)

    async def proposals(self, limit: int) -> list[Proposal]:
        return await self._latest("proposals", limit, "created_ms", rows.proposal_of)

    async def proposal(self, proposal_id: str) -> Proposal | None:
        return next(iter(await self._among("proposals", "proposal_id", [proposal_id], rows.proposal_of)), None)

    async def arrivals(self, limit: int) -> list[Arrival]:
        return await self._latest("arrivals", limit, "time_ms", rows.arrival_of)

    async def trades(self, limit: int) -> list[Trade]:
        return await self._latest("trades", limit, "opened_ms", rows.trade_of)

    async def ghosts(self, limit: int) -> list[Ghost]:
        return await self._latest("ghosts", limit, "start_ms", rows.ghost_of)

    async def ghost(self, proposal_id: str) -> Ghost | None:
        return next(iter(await self._among("ghosts", "proposal_id", [proposal_id], rows.ghost_of)), None)

    async def lines(self, subjects: Collection[str]) -> list[Line]:
        return await self._among("lines", "subject", subjects, rows.line_of)

    async def forget_inputs(self, before_ms: int) -> int:
        """Drop what signals saw that no proposal rests on, and how many they were."""
        return await self._recorder.ask(lambda writer: writer.forget_inputs(before_ms))

    async def _latest(self, table: str, limit: int, by: str, make: Callable[[Mapping[str, Any]], T]) -> list[T]:
        return await self._recorder.ask(lambda writer: [make(row) for row in writer.latest(table, limit, by)])

    async def _among(
        self, table: str, column: str, values: Collection[str], make: Callable[[Mapping[str, Any]], T]
    ) -> list[T]:
        return await self._recorder.ask(lambda writer: [make(row) for row in writer.among(table, column, values)])
