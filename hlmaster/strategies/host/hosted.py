"""A strategy of other hands as the engine knows it: what it says comes from the host process."""

from __future__ import annotations

from typing import Any, Protocol

from hlmaster.market.window import Window
from hlmaster.strategies.answer import Answer, StrategyBroken
from hlmaster.strategies.base import Explanation, Params
from hlmaster.strategies.host.described import model_of, needs_of
from hlmaster.strategies.host.messages import Description, Prepared, Source
from hlmaster.strategies.known import Checks, Known, Later, Mind
from hlmaster.strategies.packed import pack


class Home(Protocol):
    """Where it runs; see ``host.Host``."""

    async def prepare(self, known: Hosted, params: dict[str, Any]) -> HostedMind: ...

    async def check(self, known: Hosted, params: Params) -> Checks: ...

    def put(self, mind: HostedMind, coin: str, row_ms: int, packed: bytes, later: Later) -> None: ...


class Hosted(Known):
    def __init__(self, home: Home, source: Source, described: Description) -> None:
        self._home, self.source = home, source
        self.card, self.code = described.card, described.code
        self.parameters = model_of(f"{self.card.name}_parameters", described.fields)

    async def prepare(self, params: Params) -> Mind:
        return await self._home.prepare(self, plain(params))

    async def check(self, params: Params) -> Checks:
        return await self._home.check(self, params)


class HostedMind(Mind):
    """``number`` is what the host process calls it."""

    def __init__(self, home: Home, known: Hosted, params: dict[str, Any], number: int, prepared: Prepared) -> None:
        self._home, self.known, self.params, self.number = home, known, params, number
        self.needs, self.terms = needs_of(prepared.needs), prepared.terms
        self.horizon_ms, self.valid_ms = prepared.horizon_ms, prepared.valid_ms
        if not 0 < self.valid_ms <= self.horizon_ms:
            raise StrategyBroken(
                f"Its signals are valid for {self.valid_ms} ms and meant for {self.horizon_ms} ms; "
                "the first must be above 0 and at most the second."
            )

    def decide(self, window: Window, later: Later) -> Answer | None:
        """Not now: ``later`` hears it. Of the rows that close while the host is busy, the last alone is decided on."""
        self._home.put(self, window.coin, int(window.time_ms[-1]), pack(window), later)
        return None

    def explain(self, window: Window) -> Explanation:
        raise StrategyBroken("It answered without an explanation.")  # judged before: its answers bring one


def plain(params: Params) -> dict[str, Any]:
    return params.model_dump(mode="json")
