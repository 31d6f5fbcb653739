"""A host process with everything that it shall run loaded into it, cleanly, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from hlmaster.strategies.actor import failure
from hlmaster.strategies.answer import StrategyBroken
from hlmaster.strategies.base import Params
from hlmaster.strategies.host.hosted import Home, Hosted, plain
from hlmaster.strategies.host.messages import Check, Checked, Failed, Load, Loaded, Reply, Request, Source
from hlmaster.strategies.host.process import HostLost
from hlmaster.strategies.known import Checks

LOAD_SECONDS, CHECK_SECONDS = 10.0, 60.0
Wanted = TypeVar("Wanted")


class Talk(Protocol):
    """See HostProcess."""

    @property
    def is_alive(self) -> bool: ...

    async def ask(self, request: Request, seconds: float) -> Reply: ...

    async def end(self) -> None: ...


Begin = Callable[[], Awaitable[Talk]]


@dataclass(slots=True)
class Lineup:
    """``process`` is None while there is nothing to run."""

    process: Talk | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    known: dict[str, Hosted] = field(default_factory=dict)
    prepared: set[int] = field(default_factory=set)
    """Numbers of the minds that this process has made."""
    failed: dict[str, str] = field(default_factory=dict)
    """By origin: why its newest code is not used."""
    checks: dict[str, Checks] = field(default_factory=dict)
    """What new code passed, by the version of strategy and parameters."""

    async def end(self) -> None:
        if self.process is not None:
            await self.process.end()


class Casting:
    """Makes lineups. ``taken``: names that others have. ``armed``: with which parameters new code must pass."""

    def __init__(
        self, home: Home, begin: Begin, taken: Collection[str], armed: Callable[[Hosted], Params | None]
    ) -> None:
        self._home, self._begin, self._taken, self._armed = home, begin, frozenset(taken), armed

    async def line_up(self, wanted: Mapping[str, Source], before: Mapping[str, Source]) -> Lineup:
        """All of ``wanted`` that loads and passes; of what does not, the code ``before``, if there is other.

        Every failure costs another process, so that the one that stays never held anything half. Raises HostLost when
        none can be started.
        """
        sources, failed = dict(wanted), dict[str, str]()
        while True:
            lineup = await self._load(sources, before)
            if not lineup.failed:
                lineup.failed = failed
                return lineup
            await lineup.end()
            for origin, sentence in lineup.failed.items():
                old = before.get(origin)
                if old is not None and old != sources[origin]:
                    sources[origin] = old
                    failed[origin] = f"{sentence} The code that was loaded before goes on."
                else:
                    del sources[origin]
                    failed.setdefault(origin, sentence)

    async def _load(self, sources: dict[str, Source], before: Mapping[str, Source]) -> Lineup:
        lineup = Lineup(sources=sources)
        if not sources:
            return lineup
        process = lineup.process = await self._begin()
        try:
            for origin, source in sources.items():
                try:
                    for known in await self._known(process, source):
                        lineup.known[known.card.name] = known
                        if before.get(origin) != source:
                            await self._check(process, known, lineup)
                except StrategyBroken as error:
                    lineup.failed[origin] = str(error)
                except HostLost as error:
                    lineup.failed[origin] = f"While it was loaded: {error.sentence}"
                    break
        except BaseException:
            await process.end()
            raise
        return lineup

    async def _known(self, process: Talk, source: Source) -> list[Hosted]:
        reply = await process.ask(Load(source), LOAD_SECONDS)
        described = said(reply, Loaded).strategies
        for one in described:
            if one.card.name in self._taken:
                raise StrategyBroken(f"{one.card.name} is the name of a built-in strategy.", "Give yours another name.")
        return [Hosted(self._home, source, one) for one in described]

    async def _check(self, process: Talk, known: Hosted, lineup: Lineup) -> None:
        """Code that would run at once must pass first."""
        params = self._armed(known)
        if params is None:
            return
        reply = await process.ask(Check(known.card.name, plain(params)), CHECK_SECONDS)
        checks = said(reply, Checked).checks
        if failed := failure(checks):
            raise StrategyBroken(f"{known.card.title} did not pass its checks: {failed}")
        lineup.checks[known.version(params)] = checks


def said(reply: Reply, kind: type[Wanted]) -> Wanted:
    """Raises StrategyBroken where the strategy failed, and where the answer is to another question."""
    if isinstance(reply, Failed):
        raise StrategyBroken(reply.sentence)
    if not isinstance(reply, kind):
        raise StrategyBroken(f"It was asked for {kind.__name__} and said {type(reply).__name__}.")
    return reply
