"""All strategies at work: made, checked, armed, watching their coins, and stopped one by one when they break."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from hlmaster.core.bus import Bus
from hlmaster.core.clock import performance_ns
from hlmaster.core.errors import ConfigError
from hlmaster.core.events import Notice, Severity
from hlmaster.core.proposals import Policy
from hlmaster.core.signals import RowClosed, StrategiesChanged
from hlmaster.strategies.actor import REPAIR, Actor, failure, sentence_of
from hlmaster.strategies.known import Known
from hlmaster.strategies.roster import Roster
from hlmaster.strategies.watch import Rows, Watch

log = logging.getLogger(__name__)
P = ParamSpec("P")
Answered = TypeVar("Answered")


class Company:
    """``actors`` by name. ``watchlist``: the coins of those that follow it. ``listed``: the venue has this coin."""

    def __init__(
        self,
        bus: Bus,
        rows: Rows,
        roster: Roster,
        watchlist: Callable[[], Sequence[str]],
        listed: Callable[[str], bool],
    ) -> None:
        self._bus, self._rows, self._roster = bus, rows, roster
        self._watchlist, self._listed = watchlist, listed
        self.actors: dict[str, Actor] = {}
        self._by_row: dict[tuple[str, str], tuple[tuple[Actor, Watch], ...]] = {}

    def actor(self, name: str) -> Actor:
        """Raises ConfigError for a strategy that is not here."""
        actor = self.actors.get(name)
        if actor is None:
            known = ", ".join(sorted(self.actors)) or "none"
            raise ConfigError(f"There is no strategy called {name!r}.", f"Known: {known}.")
        return actor

    def busy(self) -> list[asyncio.Task[None]]:
        return [actor.task for actor in self.actors.values() if actor.task is not None and not actor.task.done()]

    def close_row(self, row: RowClosed) -> None:
        """Whoever decides on this grid of this coin does so now."""
        for actor, watch in self._by_row.get((row.coin, row.grid), ()):
            started = performance_ns()
            self.ask(actor, watch.look, row.row_ms)
            actor.spent_ns += performance_ns() - started
            actor.decisions += 1

    def ask(self, actor: Actor, question: Callable[P, Answered], *given: P.args, **named: P.kwargs) -> Answered | None:
        """None where the strategy breaks over it."""
        try:
            return question(*given, **named)
        except Exception as error:  # noqa: BLE001  whatever a strategy does, the others go on
            self.stop_broken(actor, sentence_of(error))
            return None

    def meet(self, known: Known, notice: str = "") -> None:
        """A strategy that is new here, or the same with other code."""
        name = known.card.name
        actor = self.actors.get(name)
        if actor is not None and actor.known.code == known.code:
            actor.known, actor.notice = known, notice
            return
        self._roster.meet(known)
        params, told = self._roster.params(known)
        for sentence in told:
            self.tell(Severity.WARNING, sentence)
        if actor is None:
            actor = self.actors[name] = Actor(known, params)
            self._know_again(actor)
        else:
            actor.become(known, params)
            self._mistrust(actor)
        actor.notice = notice
        self.renew(actor)

    def _know_again(self, actor: Actor) -> None:
        """Foreign code that is not what was armed is not armed."""
        entry = self._roster.entry(actor.name)
        if actor.is_foreign and entry.armed and entry.code != actor.known.code:
            self._roster.change(actor.name, armed=False)
            self.tell(
                Severity.WARNING,
                f"{actor.known.card.origin} changed since {actor.title} was armed, so it is disarmed.",
                "Look at the change, and arm it again.",
            )

    def _mistrust(self, actor: Actor) -> None:
        """New code, loaded while we run, goes on where the old was, but nothing of it happens by itself."""
        if self._roster.entry(actor.name).armed:
            self._roster.change(actor.name, code=actor.known.code)
        if self._roster.entry(actor.name).policy is Policy.AUTO:
            self._roster.change(actor.name, policy=Policy.ASK)
            self.tell(
                Severity.WARNING,
                f"The code of {actor.title} changed, so its ideas are asked about again.",
                "Set its policy to auto when you trust the new code.",
            )

    def renew(self, actor: Actor, *, check: bool = False) -> None:
        """Make it with its present code and parameters, and let it run where it is armed."""
        if actor.task is not None:
            actor.task.cancel()
        actor.task = asyncio.get_running_loop().create_task(
            self._make(actor, check=check), name=f"strategy {actor.name}"
        )
        self._bus.publish(StrategiesChanged())

    async def _make(self, actor: Actor, *, check: bool) -> None:
        known, params = actor.known, actor.params
        try:
            if self._roster.entry(actor.name).armed:
                actor.mind = await known.prepare(params)
                if actor.may_run:
                    self.take_up(actor)
                check = check or not actor.checks
            if check:
                actor.checks = await known.check(params)
                actor.trusted_code = "" if failure(actor.checks) else known.code
            if self._roster.entry(actor.name).armed and actor.may_run:
                self.take_up(actor)
        except Exception as error:  # noqa: BLE001  the task's top; a strategy may break while it is made
            self.stop_broken(actor, sentence_of(error))
            return
        failed = failure(actor.checks)
        if self._roster.entry(actor.name).armed and failed:
            self.disarm(actor)
            self.tell(Severity.WARNING, f"{actor.title} is disarmed: {failed}", "Correct its code.")
        self._bus.publish(StrategiesChanged())

    def take_up(self, actor: Actor) -> None:
        coins = tuple(filter(self._listed, self._roster.entry(actor.name).coins_of(self._watchlist())))
        actor.watch(coins, self._rows, self._bus.publish, lambda sentence: self.stop_broken(actor, sentence))
        self._index()

    def choose_coins(self, actor: Actor) -> None:
        """Its coins, the watchlist or the venue's list changed."""
        if actor.may_run and self._roster.entry(actor.name).armed:
            self.ask(actor, self.take_up, actor)

    def disarm(self, actor: Actor) -> None:
        self._roster.change(actor.name, armed=False)
        self.stand_down(actor)

    def stop_broken(self, actor: Actor, sentence: str) -> None:
        log.warning("the strategy %s is broken: %s", actor.name, sentence)
        actor.broken = sentence
        self.stand_down(actor)
        self.tell(Severity.ERROR, f"{actor.title} is stopped: {sentence}", REPAIR)

    def stand_down(self, actor: Actor) -> None:
        if actor.task is not None and actor.task is not asyncio.current_task():
            actor.task.cancel()
        actor.stand_down(self._rows)
        self._index()
        self._bus.publish(StrategiesChanged())

    def _index(self) -> None:
        found: dict[tuple[str, str], list[tuple[Actor, Watch]]] = {}
        for actor in self.actors.values():
            for watch in actor.watches.values():
                found.setdefault((watch.coin, watch.mind.needs.grid.name), []).append((actor, watch))
        self._by_row = {key: tuple(watches) for key, watches in found.items()}

    async def stop(self) -> None:
        tasks = self.busy()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for actor in self.actors.values():
            actor.stand_down(self._rows)
        self._by_row = {}

    def tell(self, severity: Severity, sentence: str, cure: str = "") -> None:
        self._bus.publish(Notice(severity, sentence, "STR-001", cure))
