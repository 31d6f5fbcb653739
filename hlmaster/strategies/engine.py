"""The engine: closed rows in, signals out, strategy by strategy, and none can hurt another.

A strategy that raises, returns what cannot be, or floods is stopped and shown broken with its error in words, until its
parameters change, its code is loaded anew, or a person arms it again. Positions are not the engine's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from hlmaster.core.bus import Bus
from hlmaster.core.errors import ConfigError
from hlmaster.core.events import Severity
from hlmaster.core.proposals import Policy
from hlmaster.core.registry import Broken
from hlmaster.core.signals import Gate, RowClosed, Signal, SignalMade, StrategiesChanged
from hlmaster.market.window import Window
from hlmaster.strategies.actor import failure
from hlmaster.strategies.base import Params
from hlmaster.strategies.card import Standing, StrategyCard
from hlmaster.strategies.company import Company
from hlmaster.strategies.known import Card, Known, chosen
from hlmaster.strategies.roster import Coins, Entry, Roster
from hlmaster.strategies.standing_gates import gates_of
from hlmaster.strategies.watch import Rows, Watch


class Abroad(Protocol):
    """Where strategies live that do not run in the loop; see ``strategies.host.host``."""

    async def start(
        self,
        hear: Callable[[Sequence[Known], Sequence[Broken], Mapping[str, str]], None],
        fail: Callable[[str, str], None],
        armed: Callable[[Known], Params | None],
    ) -> None: ...

    def reload(self) -> None: ...

    async def settled(self) -> None: ...

    async def stop(self) -> None: ...


class Engine:
    """``watchlist``: the coins of strategies that follow it. ``listed``: the venue has this coin. ``stale``: why the
    data of a coin cannot be trusted, else None.

    ``known`` run in the loop, ``broken`` did not load; ``abroad`` is where the strategies of other hands run.
    """

    def __init__(
        self,
        bus: Bus,
        grids: Rows,
        roster: Roster,
        known: Sequence[Known],
        *,
        watchlist: Callable[[], Sequence[str]],
        listed: Callable[[str], bool],
        stale: Callable[[str], str | None],
        broken: Sequence[Broken] = (),
        abroad: Abroad | None = None,
    ) -> None:
        self._bus, self._rows, self.roster = bus, grids, roster
        self._watchlist, self._stale, self._abroad = watchlist, stale, abroad
        self._at_home, self._broken_here = tuple(known), tuple(broken)
        self._broken_abroad: tuple[Broken, ...] = ()
        self._company = Company(bus, grids, roster, watchlist, listed)
        self._subscriptions: tuple[Callable[[], None], ...] = ()

    async def start(self) -> None:
        """Read the roster, get what is armed ready, and then load the strategies of other hands."""
        await asyncio.to_thread(self.roster.load)
        for sentence in self.roster.notices:
            self._company.tell(Severity.WARNING, sentence)
        self._subscriptions = (
            self._bus.subscribe(RowClosed, self._company.close_row),
            self._bus.subscribe(SignalMade, self._on_signal),
        )
        for known in self._at_home:
            self._company.meet(known)
        if self._abroad is not None:
            await self._abroad.start(self._on_abroad, self._on_failed_abroad, self._armed_params)
        self._bus.publish(StrategiesChanged())

    async def stop(self) -> None:
        for unsubscribe in self._subscriptions:
            unsubscribe()
        await self._company.stop()
        if self._abroad is not None:
            await self._abroad.stop()
        await self.roster.stop()

    async def settled(self) -> None:
        """Returns when every strategy that was being made, checked or loaded is done with that."""
        if self._abroad is not None:
            await self._abroad.settled()
        while tasks := self._company.busy():
            await asyncio.wait(tasks)

    # --- reading ---

    def cards(self) -> list[StrategyCard]:
        """By title; what did not load comes last."""
        cards = sorted(
            (actor.card(self.roster) for actor in self._company.actors.values()), key=lambda card: card.title
        )
        for broken in (*self._broken_here, *self._broken_abroad):
            about = Card(broken.name, broken.name, "", "", "", broken.name)
            cards.append(
                StrategyCard(
                    about, Standing.BROKEN, Entry(), (), Policy.OBSERVE, None, broken.error, "", (), "", 0, 0, 0.0
                )
            )
        return cards

    def coins(self) -> list[str]:
        """Those that an armed strategy runs on, in the order of the strategies' titles."""
        armed = [one for one in self._company.actors.values() if self.roster.entry(one.name).armed]
        armed.sort(key=lambda one: one.known.card.title)
        return list(dict.fromkeys(coin for one in armed for coin in one.watches))

    def card(self, name: str) -> StrategyCard:
        """Raises ConfigError for a strategy that is not here."""
        return self._company.actor(name).card(self.roster)

    def title(self, name: str) -> str:
        """What is no strategy here reads as it is written."""
        actor = self._company.actors.get(name)
        if actor is not None:
            return actor.title
        return next((known.card.title for known in self._at_home if known.card.name == name), name)

    def is_running(self, name: str, coin: str) -> bool:
        return self._watch(name, coin) is not None

    def latest(self, name: str, coin: str) -> Signal | None:
        """What a strategy that runs on the coin says now, also when it was NEUTRAL all along; None before a row."""
        watch = self._watch(name, coin)
        return None if watch is None else self._company.ask(self._company.actors[name], watch.word)

    def window_of(self, name: str, coin: str) -> Window | None:
        watch = self._watch(name, coin)
        return watch.window() if watch is not None else None

    def inputs_of(self, signal: Signal) -> bytes:
        """The window behind a strategy's last word on a coin; ``packed.unpack`` reads it.

        To be asked while the signal is heard, before the next row closes. Raises ValueError when it is not the last.
        """
        watch = self._watch(signal.strategy, signal.coin)
        if watch is None or watch.signal is None or watch.signal.key != signal.key:
            raise ValueError(f"{signal.key} is no longer the last word of a strategy that runs")
        return watch.inputs()

    def params_of(self, name: str) -> str:
        """Its present parameters as JSON. Raises ConfigError for a strategy that is not here."""
        return self._company.actor(name).params.model_dump_json()

    def gates(self, name: str, coin: str) -> tuple[Gate, ...]:
        """What stands between the coin's data and a signal of this strategy, in order."""
        actor = self._company.actors.get(name)
        if actor is None:
            why = next((b.error for b in (*self._broken_here, *self._broken_abroad) if b.name == name), "")
            text = why or f"There is no strategy called {name}."
            return (Gate("strategy", False, text, "Look at its file, and load it again."),)

        def now() -> tuple[Gate, ...]:
            return gates_of(actor, coin, self.roster, self._rows, self._stale(coin), self._watchlist())

        return self._company.ask(actor, now) or now()

    # --- verbs ---

    def arm(self, name: str) -> None:
        """It runs as soon as it is made and its checks have passed. Raises ConfigError when they did not."""
        actor = self._company.actor(name)
        failed = failure(actor.checks)
        if failed:
            raise ConfigError(
                f"{actor.title} cannot be armed: {failed}", "Correct its code; then run its checks again."
            )
        self.roster.change(name, armed=True, code=actor.known.code)
        actor.broken = ""
        self._company.renew(actor)

    def disarm(self, name: str) -> None:
        """Its orders and positions stay as they are; it has no further word."""
        self._company.disarm(self._company.actor(name))

    def set_coins(self, name: str, coins: Coins) -> None:
        """Names, or ``watchlist``. Raises ConfigError."""
        self._changed(name, coins=coins if isinstance(coins, str) else tuple(coins), off=())

    def switch(self, name: str, coin: str, *, on: bool) -> None:
        """One coin of those chosen, on or off."""
        entry = self.roster.entry(name)
        off = tuple(other for other in entry.off if other != coin)
        named = entry.coins if isinstance(entry.coins, str) or coin in entry.coins or not on else (*entry.coins, coin)
        self._changed(name, coins=named, off=off if on else (*off, coin))

    def set_params(self, name: str, changes: Mapping[str, Any]) -> None:
        """In force at the next decision. Raises ConfigError naming key, value and what is allowed."""
        actor = self._company.actor(name)
        params = chosen(actor.known.parameters, actor.params.model_dump() | dict(changes), actor.title)
        self.roster.set_params(actor.known, params)
        actor.become(actor.known, params)
        self._company.renew(actor)

    def set_policy(self, name: str, policy: Policy) -> None:
        self._changed(name, policy=policy)

    def set_overall(self, policy: Policy) -> None:
        """The most that any strategy may do by itself."""
        self.roster.set_overall(policy)
        self._bus.publish(StrategiesChanged())

    def set_role(self, name: str, role: str) -> None:
        """``solo`` or ``voter:GROUP``. Raises ConfigError."""
        self._changed(name, role=role)

    def set_regimes(self, name: str, regimes: Sequence[str]) -> None:
        """The market's regimes in which it may propose; none means all. Raises ConfigError."""
        self._changed(name, regimes=tuple(regimes))

    def run_checks(self, name: str) -> None:
        """Its card shows what was found, in seconds; a strategy that fails is disarmed."""
        actor = self._company.actor(name)
        actor.checks = ()
        self._company.renew(actor, check=True)

    def reload(self) -> None:
        """Load the code of other hands anew, and try again what is broken."""
        for actor in self._company.actors.values():
            if actor.broken:
                actor.broken = ""
                self._company.renew(actor)
        if self._abroad is not None:
            self._abroad.reload()

    def coins_changed(self) -> None:
        """The watchlist or the venue's list of coins is another."""
        for actor in self._company.actors.values():
            self._company.choose_coins(actor)
        self._bus.publish(StrategiesChanged())

    # --- strategies of other hands ---

    def _on_abroad(self, known: Sequence[Known], broken: Sequence[Broken], notices: Mapping[str, str]) -> None:
        """All of them, as they are now; ``notices`` by origin."""
        names = {one.card.name for one in known}
        for actor in [a for a in self._company.actors.values() if a.is_foreign and a.name not in names]:
            self._company.stand_down(actor)
            del self._company.actors[actor.name]
            if self.roster.entry(actor.name).armed:
                self._company.tell(
                    Severity.WARNING, f"{actor.title} is gone: {actor.known.card.origin} no longer has it."
                )
        self._broken_abroad = tuple(broken)
        for one in known:
            self._company.meet(one, notices.get(one.card.origin, ""))
        self._bus.publish(StrategiesChanged())

    def _on_failed_abroad(self, name: str, sentence: str) -> None:
        actor = self._company.actors.get(name)
        if actor is not None and not actor.broken:
            self._company.stop_broken(actor, sentence)

    def _armed_params(self, known: Known) -> Params | None:
        """With which new code must pass its checks before it replaces what runs; None: nothing of it runs."""
        name = known.card.name
        is_running = name in self._company.actors and self.roster.entry(name).armed
        return self.roster.params(known)[0] if is_running else None

    def _on_signal(self, made: SignalMade) -> None:
        actor = self._company.actors.get(made.signal.strategy)
        if actor is not None:
            actor.signals += 1

    def _changed(self, name: str, **changes: Any) -> None:
        actor = self._company.actor(name)
        self.roster.change(name, **changes)
        self._company.choose_coins(actor)
        self._bus.publish(StrategiesChanged())

    def _watch(self, name: str, coin: str) -> Watch | None:
        actor = self._company.actors.get(name)
        return actor.watches.get(coin) if actor is not None else None
