"""Coming to a stored decision again: the same code path, over the rows that it saw, with the parameters it had."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields

from hlmaster.core.errors import ConfigError, StorageError
from hlmaster.core.records import Decision
from hlmaster.core.signals import Signal
from hlmaster.market.window import Needs, Window
from hlmaster.strategies.answer import StrategyBroken
from hlmaster.strategies.known import BuiltIn, Known, chosen
from hlmaster.strategies.packed import unpack
from hlmaster.strategies.watch import Watch


@dataclass(frozen=True, slots=True)
class Replayed:
    """``signal`` is what the strategy says today; ``differences`` names the fields in which it says something else."""

    signal: Signal
    differences: tuple[str, ...]
    code_changed: bool
    """It is not the code that decided then, whatever it says now."""

    @property
    def is_identical(self) -> bool:
        return not self.differences and not self.code_changed

    @property
    def sentence(self) -> str:
        changed = "The strategy's code has changed since. " if self.code_changed else ""
        if self.differences:
            return f"{changed}Replayed, it differs in {', '.join(self.differences)}."
        return f"{changed}Replayed, it says the same to the last bit."


def built_in(name: str) -> Known:
    """A strategy of ours as it is now. Raises ConfigError for others."""
    from hlmaster.strategies.catalogue import STRATEGIES

    if name not in STRATEGIES:
        raise ConfigError(
            f"The strategy {name!r} is not one that comes with the program.",
            "Decisions of strategies from elsewhere are kept, and are not replayed here.",
        )
    return BuiltIn(STRATEGIES[name])


async def replay(decision: Decision, known: Known) -> Replayed:
    """``known``: the strategy as it is now. Raises StorageError, ConfigError, or StrategyBroken where it breaks."""
    signal = decision.signal
    if decision.inputs is None:
        raise StorageError(
            "The rows that this decision saw were not kept.", "Those behind proposals are; others for some days."
        )
    params = chosen(known.parameters, json.loads(decision.params or "{}"), signal.strategy)
    try:
        window = unpack(decision.inputs)
    except ValueError as error:
        raise StorageError(f"The rows that this decision saw cannot be read ({error}).") from error
    version = known.version(params)
    broken: list[str] = []
    watch = Watch(signal.strategy, signal.coin, _Kept(window), lambda fact: None, broken.append)
    watch.think(await known.prepare(params), version)
    watch.look(signal.row_ms)
    said = watch.word()
    if said is None:
        raise StrategyBroken(broken[0] if broken else f"{signal.strategy} gives no answer that can be waited for here.")
    differences = tuple(
        field.name
        for field in fields(Signal)
        if field.name != "version" and repr(getattr(said, field.name)) != repr(getattr(signal, field.name))
    )
    return Replayed(said, differences, version != signal.version)


class _Kept:
    """``strategies.watch.Rows`` of one window."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def need(self, coin: str, needs: Needs, owner: str) -> None: ...

    def drop(self, owner: str, coin: str | None = None) -> None: ...

    def window(self, coin: str, needs: Needs) -> Window | None:
        return self._window

    def progress(self, coin: str, needs: Needs) -> tuple[int, int]:
        return 1, 1
