"""Checks run in a process of their own: they take a while, and the code on trial may hang."""

from __future__ import annotations

import asyncio
from typing import Any

from hlmaster.core.signals import Check
from hlmaster.strategies.answer import StrategyBroken
from hlmaster.strategies.base import Params
from hlmaster.strategies.host import messages
from hlmaster.strategies.host.hosted import plain
from hlmaster.strategies.host.lineup import CHECK_SECONDS, LOAD_SECONDS, Begin, Talk, said
from hlmaster.strategies.host.messages import Checked, Load, LoadBuiltIn, Loaded, Source
from hlmaster.strategies.host.process import HostLost
from hlmaster.strategies.known import Checks


class Checker:
    """One after the other; the process ends when nobody waits any more."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._process: Talk | None = None
        self._loaded: Source | None = None

    async def built_in(self, name: str, params: Params) -> Checks:
        return await self.check(None, name, plain(params))

    async def check(self, source: Source | None, name: str, params: dict[str, Any]) -> Checks:
        """``source`` None: of a built-in strategy. Never raises for what the strategy does."""
        self._waiting += 1
        try:
            async with self._turn:
                try:
                    return await self._check(source, name, params)
                except (StrategyBroken, HostLost) as error:
                    await self._end()
                    return (Check("runs", False, str(error)),)
                except asyncio.CancelledError:
                    await self._end()
                    raise
        finally:
            self._waiting -= 1
            if not self._waiting:
                await self._end()

    async def _check(self, source: Source | None, name: str, params: dict[str, Any]) -> Checks:
        if self._process is not None and self._loaded != source:
            await self._end()
        if self._process is None:
            self._process, self._loaded = await self._begin(), source
            load = LoadBuiltIn() if source is None else Load(source)
            said(await self._process.ask(load, LOAD_SECONDS), Loaded)
        request = messages.Check(name, params)
        return said(await self._process.ask(request, CHECK_SECONDS), Checked).checks

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.end()
