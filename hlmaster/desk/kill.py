"""``hlmaster kill``: halt the session, let its desk go flat, and do it ourselves where the desk cannot."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import HlError, StorageError, VenueUnreachable
from hlmaster.desk import control, rescue
from hlmaster.desk.brake import ASKED_SECONDS, WHO, WHY, report_record
from hlmaster.desk.rescue import Ask, Place
from hlmaster.storage.halt import Halt, HaltFile

PING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Killed:
    """``report``: JSON of the way to flat (``core`` texts and figures); ``by``: ``desk`` or ``this process``."""

    report: dict[str, Any]
    by: str
    complaints: tuple[str, ...] = ()

    @property
    def is_flat(self) -> bool:
        return bool(self.report.get("flat"))


async def throw(place: Place, patience: float, say: Callable[[str], None], ask: Ask | None = None) -> Killed:
    """``say`` is told each step as a sentence; ``ask`` gets the passphrase of a vault, only if it is needed.

    Raises StorageError for a session that does not exist, ConfigError for a passphrase that cannot be asked for.
    """
    if not place.folder.is_dir():
        raise StorageError(
            f"There is no {place.mode} session called {place.session!r} in {place.data}.",
            "The others are listed by: hlmaster sessions.",
        )
    clock = SystemClock()
    began = clock.monotonic()
    complaints: list[str] = []
    halt = HaltFile(place.data, place.mode, place.session)
    try:
        if halt.read() is None:
            halt.write(Halt(WHO, clock.wall_ms(), WHY))
        say(f"Halted: {halt.path}")
    except StorageError as error:
        complaints.append(f"The halt could not be written, so a desk that wakes up may trade: {error}")
    try:
        await _asked(place, "ping", PING_SECONDS)
        say("The desk answers and goes flat.")
        report = await _asked(place, "kill", ASKED_SECONDS + 1)
        if report.get("flat"):
            return Killed(report, "desk", tuple(complaints))
        complaints.append(str(report.get("sentence") or report.get("error") or "The desk did not go flat."))
    except VenueUnreachable as error:
        say(f"{error.sentence} This process goes ahead.")
    waited = clock.monotonic()
    if ask is not None:
        place = rescue.unlocked(place, ask)
    began += clock.monotonic() - waited  # the time of typing is the user's
    left = max(5.0, patience - (clock.monotonic() - began))
    report = report_record(await rescue.go_flat(place, left))
    with contextlib.suppress(HlError):
        say(f"Report: {halt.keep_report(report, clock.wall_ms())}")
    return Killed(report, "this process", tuple(complaints))


async def _asked(place: Place, verb: str, seconds: float) -> dict[str, Any]:
    return await asyncio.to_thread(control.ask, place.data, place.mode, place.session, verb, seconds)


async def lift(place: Place) -> bool:
    """Remove the halt, asking a running desk first; whether there was one. Raises StorageError."""
    halt = HaltFile(place.data, place.mode, place.session)
    there_was = halt.read() is not None
    with contextlib.suppress(VenueUnreachable):
        there_was |= bool((await _asked(place, "lift", PING_SECONDS)).get("lifted"))
    halt.remove()
    return there_was
