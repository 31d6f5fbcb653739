"""Who answers: Ollama where it runs, Claude where the user wants it, and plain rules where there is neither."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import VaultError
from hlmaster.core.events import Notice, Severity
from hlmaster.core.opinions import AnalystChanged
from hlmaster.desk.advising.claude_key import ClaudeKey
from hlmaster.insight.analyst.terms import AnalystTerms
from hlmaster.insight.llm.backend import Backend
from hlmaster.insight.llm.claude import Claude
from hlmaster.insight.llm.narrator import Narrator
from hlmaster.insight.llm.ollama import Ollama, ServerState, find_server

LOOK_SECONDS = 30.0
UNSEEN = ServerState(False, sentence="It is being looked for.")


class Choice:
    """``current`` is asked before each call. ``run`` looks after the server, and for ``key`` once Claude is wanted."""

    def __init__(self, bus: Bus, clock: Clock, terms: Callable[[], AnalystTerms], key: ClaudeKey) -> None:
        self._bus, self._clock, self._terms, self._key = bus, clock, terms, key
        self.server = UNSEEN
        """Ollama's, as it was last seen."""
        self._narrator = Narrator()
        self._claude = Claude(key.held, clock)
        self._ollama = Ollama(clock, terms().host)
        self._left: list[Ollama] = []
        self._wake = asyncio.Event()

    @property
    def ollama(self) -> Ollama:
        """At the address of the settings; one at another address is closed at the next look."""
        host = self._terms().host
        if self._ollama.host != host:
            self._left.append(self._ollama)
            self._ollama, self.server = Ollama(self._clock, host, self._ollama.speeds), UNSEEN
            self._wake.set()
        return self._ollama

    def current(self) -> Backend:
        terms = self._terms()
        if terms.who == "claude":
            return self._claude
        if terms.who == "ollama" or (terms.who == "auto" and self._is_served(terms.model)):
            return self.ollama
        return self._narrator

    def _is_served(self, model: str) -> bool:
        return any(info.name.removesuffix(":latest") == model.removesuffix(":latest") for info in self.server.models)

    @property
    def rules(self) -> str:
        """By which name plain rules answer."""
        return self._narrator.name

    def look_soon(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Looks for the server now and then; says so when it came or went."""
        while True:
            self._wake.clear()
            for left in self._left:
                await left.close()
            self._left.clear()
            if self._terms().enabled and self._terms().who in ("auto", "ollama"):
                await self.look()
            if self._terms().who == "claude":
                await self._recall()
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Whether Ollama is there, and with which models."""
        found = await find_server(self.ollama)
        if found != self.server:
            self.server = found
            self._bus.publish(AnalystChanged())

    async def _recall(self) -> None:
        """A keyring that fails is told; without a key the questions say that there is none."""
        try:
            await self._key.recall()
        except VaultError as error:
            self._bus.publish(Notice(Severity.WARNING, error.sentence, error.code, error.cure))

    async def close(self) -> None:
        for server in (self._ollama, *self._left):
            await server.close()
        await self._claude.close()
