"""What other processes of this user can reach of a running desk, and the one that acts when they can reach nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hlmaster.core.events import Notice, Severity
from hlmaster.desk import control
from hlmaster.desk.brake import control_verbs
from hlmaster.desk.deadman import DeadMan
from hlmaster.desk.desk import Desk
from hlmaster.desk.modes import Opening
from hlmaster.desk.rescue import Place
from hlmaster.desk.work import Work

GONE = "The watchdog has ended, so nobody acts in the desk's stead should it die or hang."
CURE = "Its log, watchdog.log of this session, says why; the next start brings another."
LOOK_SECONDS = 1.0


class Doors:
    """The control socket and, where the settings ask for it, the watchdog."""

    def __init__(self, data: Path, opening: Opening, desk: Desk) -> None:
        name, mode = desk.session.name, desk.mode
        exchange = None
        if opening.child is not None:
            exchange = control.Exchange(opening.child.ready_file, is_child=True)
        elif opening.ready_file is not None:
            exchange = control.Exchange(opening.ready_file, is_child=False)
        answers: dict[str, control.Answer] = {"health": lambda: health_record(desk), **control_verbs(desk.brake)}
        self._control = control.Control(data, mode, name, answers, exchange)
        key = None if opening.connection is None else opening.connection.key
        place = Place(data, mode, name, opening.ready_file, key=key)
        self._bus, self._work, self._told = desk.bus, Work(desk.bus, desk.guard.fault), False
        self._deadman = DeadMan(place, desk.settings.safety, desk.session.folder / "log" / "watchdog.log")

    async def start(self) -> None:
        await self._control.start()
        self._deadman.start()
        self._work.every(LOOK_SECONDS, self._look, "watchdog")

    def _look(self) -> None:
        if self._deadman.has_ended and not self._told:
            self._told = True
            self._bus.publish(Notice(Severity.ERROR, GONE, cure=CURE))

    async def stop(self) -> None:
        await self._work.stop()
        await self._deadman.stop()
        await self._control.stop()


def health_record(desk: Desk) -> dict[str, Any]:
    who = {"mode": str(desk.mode), "session": desk.session.name, "ready": desk.is_ready}
    access = {"account": desk.account, "access_ends_ms": desk.access_ends_ms}
    return {**who, **access, **control.jsonable(desk.health())}
