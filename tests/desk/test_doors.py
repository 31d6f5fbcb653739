"""Of the two ways in from outside, the one that ends by itself is told of."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from hlmaster.core.events import Severity
from hlmaster.core.model import Mode
from hlmaster.desk import doors
from hlmaster.desk.doors import GONE, Doors
from hlmaster.desk.modes import Opening
from hlmaster.settings import Settings
from hlmaster.storage.sessions import Sessions
from tests.desk.desks import running, scene


@pytest.mark.parametrize("watchdog", ["cancel_entries", "off"])
async def test_a_watchdog_that_ends_too_early_is_told_once_and_none_is_no_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watchdog: str
) -> None:
    monkeypatch.setattr(doors, "LOOK_SECONDS", 0.01)
    settings = Settings.model_validate({"protection": {"stop": "off"}, "safety": {"watchdog": watchdog}})
    folder = tmp_path / "desk"
    (folder / "log").mkdir(parents=True)
    async with running(made := scene(settings=settings, folder=folder)):
        with closing(Sessions(tmp_path, made.clock).open(Mode.DEMO)) as session:
            door = Doors(tmp_path, Opening(session, settings), made.desk)
            await door.start()
            try:
                if (pid := door._deadman.pid) is not None:
                    os.kill(pid, signal.SIGKILL)
                    await made.until(lambda: made.notices)
                await asyncio.sleep(0.05)
                expected = [(Severity.ERROR, GONE)] if watchdog != "off" else []
                assert [(one.severity, one.sentence) for one in made.notices] == expected
            finally:
                await door.stop()
