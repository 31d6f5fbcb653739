"""Calls of the analyst, their outcomes and headlines in the desk store, through the session's recorder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hlmaster.core.opinions import Call, Headline, Opinion, Outcome, OutcomeKnown
from hlmaster.core.signals import Direction
from hlmaster.storage import opinion_rows as rows
from hlmaster.storage.recorder import Recorder

if TYPE_CHECKING:
    from hlmaster.storage.writer import Writer


class SqlOpinions:
    """``core.opinions.KeptOpinions``. Saving and asking raise StorageError as the recorder does."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def save_call(self, call: Call) -> None:
        self._recorder.save("calls", rows.call_row(call))
        if call.opinion is not None:
            self._recorder.save("opinions", rows.opinion_row(call.opinion, call.digest))

    def save_outcome(self, outcome: Outcome) -> None:
        self._recorder.save("outcomes", rows.outcome_row(outcome))

    def save_headlines(self, headlines: Sequence[Headline]) -> None:
        for headline in headlines:
            self._recorder.save("headlines", rows.headline_row(headline))

    async def calls(self, limit: int = 2000) -> list[Call]:
        def ask(writer: Writer) -> list[Call]:
            found = writer.latest("calls", limit, "asked_ms")
            answers = writer.among("opinions", "call_id", [row["call_id"] for row in found])
            opinions = {row["call_id"]: rows.opinion_of(row) for row in answers}
            return [rows.call_of(row, opinions.get(row["call_id"])) for row in found]

        return await self._recorder.ask(ask)

    async def outcomes(self, limit: int = 20000) -> list[Outcome]:
        def ask(writer: Writer) -> list[Outcome]:
            return [rows.outcome_of(row) for row in writer.latest("outcomes", limit, "at_ms")]

        return await self._recorder.ask(ask)

    async def headlines(self, since_ms: int) -> list[Headline]:
        """Heard since then."""

        def ask(writer: Writer) -> list[Headline]:
            return [rows.headline_of(row) for row in writer.since("headlines", "heard_ms", since_ms)]

        return await self._recorder.ask(ask)

    async def scored(self, limit: int) -> list[OutcomeKnown]:
        def ask(writer: Writer) -> list[OutcomeKnown]:
            found = writer.scored_opinions(limit)
            return [OutcomeKnown(rows.opinion_of(row), rows.outcome_of(row), row["digest"]) for row in found]

        return await self._recorder.ask(ask)

    async def waiting(self, limit: int) -> list[tuple[Opinion, str]]:
        def ask(writer: Writer) -> list[tuple[Opinion, str]]:
            found = writer.waiting_opinions(Direction.NEUTRAL.value, limit)
            return [(rows.opinion_of(row), row["digest"]) for row in found]

        return await self._recorder.ask(ask)
