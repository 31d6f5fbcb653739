"""One strategy at work: made, checked, watching its coins, and set aside when it breaks."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from pathlib import PurePath

from hlmaster.core.errors import HlError
from hlmaster.strategies.base import Params
from hlmaster.strategies.card import Standing, StrategyCard
from hlmaster.strategies.known import BUILT_IN, Checks, Known, Mind
from hlmaster.strategies.roster import Roster
from hlmaster.strategies.watch import Rows, Watch

REPAIR = "Change its parameters, correct its code, or arm it again."


def sentence_of(error: Exception) -> str:
    """What broke and where, for a reader who can see the file."""
    if isinstance(error, HlError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({PurePath(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{where}."


def failure(checks: Checks) -> str:
    """The first check that failed, as a sentence; empty when none did."""
    return next((f"{check.name}: {check.text}" for check in checks if check.passed is False), "")


class Actor:
    """``watches`` by coin; empty while it does not run."""

    def __init__(self, known: Known, params: Params) -> None:
        self.known, self.params = known, params
        self.version = known.version(params)
        self.mind: Mind | None = None
        self.watches: dict[str, Watch] = {}
        self.broken = ""
        self.notice = ""
        self.checks: Checks = ()
        self.trusted_code = ""
        """The code whose checks passed, with whatever parameters."""
        self.task: asyncio.Task[None] | None = None
        self.signals = self.decisions = self.spent_ns = 0

    @property
    def name(self) -> str:
        return self.known.card.name

    @property
    def title(self) -> str:
        return self.known.card.title

    @property
    def is_foreign(self) -> bool:
        """From the user's folder or another package."""
        return self.known.card.origin != BUILT_IN

    @property
    def may_run(self) -> bool:
        """Made of the present code, which passed its checks, and not broken."""
        return self.mind is not None and not self.broken and self.trusted_code == self.known.code

    def become(self, known: Known, params: Params) -> None:
        """New code or new parameters; what was checked of the old is forgotten, and what broke is forgiven."""
        version = known.version(params)
        if version != self.version:
            self.checks = ()
        if known.code != self.known.code:
            self.mind = None
        self.known, self.params, self.version, self.broken = known, params, version, ""

    def watch(
        self, coins: tuple[str, ...], rows: Rows, publish: Callable[[object], None], fail: Callable[[str], None]
    ) -> None:
        """Watch exactly these coins from the next row on, with the present mind."""
        mind = self.mind
        assert mind is not None
        for coin in self.watches.keys() - set(coins):
            self.watches.pop(coin).end()
            rows.drop(self.name, coin)
        for coin in coins:
            watch = self.watches.get(coin)
            if watch is None:
                watch = self.watches[coin] = Watch(self.name, coin, rows, publish, fail)
            elif watch.mind is mind:
                continue
            rows.need(coin, mind.needs, self.name)
            watch.think(mind, self.version)

    def stand_down(self, rows: Rows) -> None:
        for watch in self.watches.values():
            watch.end()
        self.watches.clear()
        rows.drop(self.name)

    def card(self, roster: Roster) -> StrategyCard:
        entry = roster.entry(self.name)
        if self.broken:
            standing = Standing.BROKEN
        elif not entry.armed:
            standing = Standing.DISARMED
        else:
            busy = self.task is not None and not self.task.done() and not self.watches
            standing = Standing.GETTING_READY if busy or self.mind is None else Standing.RUNNING
        return StrategyCard(
            self.known.card,
            standing,
            entry,
            tuple(self.watches),
            roster.policy(self.name),
            self.params,
            self.broken,
            self.notice,
            self.checks,
            self.version,
            self.signals,
            self.decisions,
            self.spent_ns / 1_000 / self.decisions if self.decisions else 0.0,
        )
