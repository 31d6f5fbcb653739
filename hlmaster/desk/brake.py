"""The kill switch of a running desk: halt entries, go flat by the exchange's word, stay halted until a person says."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import StorageError
from hlmaster.core.events import Notice, Severity, TradingState
from hlmaster.desk.guard import Guard
from hlmaster.desk.pen import Pen
from hlmaster.storage.halt import Halt, HaltFile
from hlmaster.trading.execution.flatten import PATIENCE_SECONDS, Flattener, FlattenReport

log = logging.getLogger(__name__)
REASON = "halt"
WHO, WHY = "hlmaster kill", "The kill switch was thrown from the command line."
ASKED_SECONDS = 10.0
"""How long another process waits for us before it goes ahead itself: both act on the exchange's word."""


class Brake:
    """``file`` makes a halt outlast the desk, and lets another process halt it; without one it ends with the desk."""

    def __init__(self, bus: Bus, clock: Clock, guard: Guard, file: HaltFile | None, flattener: Flattener) -> None:
        self._bus, self._clock, self._guard = bus, clock, guard
        self._file, self._flattener = file, flattener
        self._pen = Pen("halt")
        self._writing = 0
        self._on_disk = self._lifting = False
        self._thrown = 0
        """How often somebody asked for a halt."""
        self.halt: Halt | None = None

    def look(self) -> None:
        """Obey the halt file, whoever wrote or removed it. Asked before every order and on a timer."""
        if self._writing and self.halt is not None:
            return  # what lies there is about to change, and the halt in memory holds
        found = self._file.read() if self._file is not None else None
        if found is not None and (found != self.halt or not self._on_disk):
            self._on_disk = True
            self._engage(found)
        elif found is None and self._on_disk:
            self._release()

    async def kill(self, who: str, why: str, patience: float = PATIENCE_SECONDS) -> FlattenReport:
        """Halt, then cancel and close everything; what is not flat at the report is tried on until it is."""
        self.engage(who, why)
        return await self._flatten(patience)

    def engage(self, who: str, why: str) -> None:
        """Halt entries at once without touching positions, the file follows; an earlier halt keeps its name."""
        self.look()
        self._thrown += 1
        if self.halt is not None and not self._lifting:
            return
        halt = Halt(who, self._clock.wall_ms(), why)
        self._engage(halt)
        if self._file is not None:
            self._keep(self._file, halt)

    def _keep(self, file: HaltFile, halt: Halt) -> None:
        self._writing += 1
        loop = asyncio.get_running_loop()

        def written(writing: Future[None]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop ended first
                loop.call_soon_threadsafe(self._written, writing)

        self._pen.write(lambda: file.write(halt)).add_done_callback(written)

    def _written(self, writing: Future[None]) -> None:
        self._writing -= 1
        error = writing.exception()
        self._on_disk = error is None
        if error is None:
            return
        log.error("%s", error)
        known = error if isinstance(error, StorageError) else StorageError(f"The halt file was not written: {error}.")
        sentence = f"Trading is halted, but a restart would not know: {known.sentence}"
        self._bus.publish(Notice(Severity.ERROR, sentence, known.code, "Do not restart before you are flat."))

    async def lift(self) -> None:
        """Entries open again; only ever because a person said so. Raises StorageError when the file stays.

        A halt that is asked for meanwhile is a new one, and stays.
        """
        thrown, self._lifting = self._thrown, True
        try:
            await self._flattener.stop()
            if self._file is not None:
                await asyncio.wrap_future(self._pen.write(self._file.remove))
        finally:
            self._lifting = False
        if self._thrown == thrown:
            self._release()

    async def stop(self) -> None:
        """What is to be written reaches the disk."""
        await self._pen.stop()

    def _engage(self, halt: Halt) -> None:
        self.halt = halt
        log.critical("trading is halted by %s: %s", halt.who, halt.why)
        self._guard.restrain(REASON, TradingState.HALTED, halt_sentence(halt))

    def _release(self) -> None:
        self._on_disk, self.halt = False, None
        self._guard.release(REASON)

    async def _flatten(self, patience: float) -> FlattenReport:
        report = await self._flattener.run(patience, insist=True)
        severity = Severity.WARNING if report.is_flat else Severity.CRITICAL
        cure = "" if report.is_flat else "It is tried again until it is flat; look at the exchange's own page too."
        code = "" if report.is_flat else "EXE-002"
        self._bus.publish(Notice(severity, f"Kill switch. {report.sentence}", code, cure))
        if self._file is not None:
            try:
                file, record, wall_ms = self._file, report_record(report), self._clock.wall_ms()
                await asyncio.wrap_future(self._pen.write(lambda: file.keep_report(record, wall_ms)))
            except StorageError as error:
                log.error("the report of the kill switch could not be kept: %s", error)
        return report


def control_verbs(brake: Brake) -> dict[str, Callable[[], Awaitable[dict[str, Any]]]]:
    """What another process of the same user may ask for."""

    async def kill() -> dict[str, Any]:
        return report_record(await brake.kill(WHO, WHY, ASKED_SECONDS))

    async def lift() -> dict[str, Any]:
        there_was = brake.halt is not None
        await brake.lift()
        return {"lifted": there_was}

    return {"kill": kill, "lift": lift}


def halt_sentence(halt: Halt) -> str:
    """Who, when and why, for the banner."""
    when = f" at {datetime.fromtimestamp(halt.wall_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC" if halt.wall_ms else ""
    return f"HALTED by {halt.who}{when}. {halt.why} Exits work; entries stay off until you lift the halt."


def report_record(report: FlattenReport) -> dict[str, Any]:
    """For JSON: the report's fields, its verdict and its sentence."""
    proof = report.proof_ms
    told = None if proof is None else datetime.fromtimestamp(proof / 1000, UTC).isoformat(timespec="milliseconds")
    return {"flat": report.is_flat, "sentence": report.sentence, "proof": told, **dataclasses.asdict(report)}
