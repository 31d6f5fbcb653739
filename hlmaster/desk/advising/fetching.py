"""A model on its way to the server: one at a time, and it goes on when the window that asked for it is closed."""

from __future__ import annotations

import asyncio
import contextlib

from hlmaster.core.bus import Bus
from hlmaster.core.opinions import AnalystChanged
from hlmaster.desk.advising.choice import Choice
from hlmaster.desk.work import Work
from hlmaster.insight.llm.backend import BackendError, PullProgress


class Fetching:
    """``model``: the one that is fetched, or was last. ``progress``: None while none is. ``failure``: a sentence, empty
    where the last one came whole or was given up by hand."""

    def __init__(self, bus: Bus, work: Work, choice: Choice) -> None:
        self._bus, self._work, self._choice = bus, work, choice
        self.model, self.failure = "", ""
        self.progress: PullProgress | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, model: str) -> None:
        """Nothing happens while another one is on its way."""
        if self._task is not None:
            return
        self.model, self.failure, self.progress = model, "", PullProgress("asking for it")
        self._task = self._work.own(self._fetch(model), "fetching a model")
        self._task.add_done_callback(lambda _: self._end())
        self._bus.publish(AnalystChanged())

    def cancel(self) -> None:
        """What has come so far is kept by the server."""
        if self._task is not None:
            self._task.cancel()

    async def _fetch(self, model: str) -> None:
        try:
            async with contextlib.aclosing(self._choice.ollama.pull(model)) as parts:
                async for part in parts:
                    self.progress = part
                    self._bus.publish(AnalystChanged())
            await self._choice.look()
        except BackendError as error:
            self.failure = str(error)

    def _end(self) -> None:
        self.progress = self._task = None
        self._bus.publish(AnalystChanged())
