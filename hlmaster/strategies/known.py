"""A strategy as the engine knows it, wherever its code runs, and the same with its parameters chosen."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from hlmaster.core.config import Config, explain
from hlmaster.core.signals import Check, Terms
from hlmaster.market.window import Needs, Window
from hlmaster.strategies.answer import Answer, answer_of, explanation_of
from hlmaster.strategies.base import Explanation, Params, Strategy

BUILT_IN = "built in"
Later = Callable[[Answer, int, bytes], None]
"""Hears an answer that comes later, with the row that it is about and the window, packed."""
Checks = tuple[Check, ...]


class Mind(ABC):
    """A strategy with its parameters chosen."""

    needs: Needs
    horizon_ms: int
    valid_ms: int
    terms: Terms

    @abstractmethod
    def decide(self, window: Window, later: Later) -> Answer | None:
        """About the last row. None: the answer comes to ``later``, or none does. Raises whatever the strategy does."""

    @abstractmethod
    def explain(self, window: Window) -> Explanation:
        """Asked where an answer came without an explanation."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a strategy is, for a reader. ``origin``: ``built in``, a file's name, or a package."""

    name: str
    title: str
    idea: str
    text: str
    """Everything its author wrote about it."""
    warning: str
    origin: str
    armed_by_default: bool = False


class Known(ABC):
    """``code`` tells one version of its code from another."""

    card: Card
    parameters: type[Params]
    code: str

    @abstractmethod
    async def prepare(self, params: Params) -> Mind:
        """Raises StrategyBroken or ConfigError when it cannot be made with these."""

    @abstractmethod
    async def check(self, params: Params) -> Checks:
        """Whether it looks ahead or needs more than it declares; off the loop. Never raises: a failure is a Check."""

    def version(self, params: Params) -> str:
        """Of code and parameters: what a stored decision is replayed with."""
        chosen = json.dumps(params.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(f"{self.code}/{chosen}".encode()).hexdigest()[:12]


class _Here(Mind):
    """Runs in the loop."""

    def __init__(self, strategy: Strategy[Params]) -> None:
        self._strategy = strategy
        self.needs, self.terms = strategy.needs, strategy.terms
        self.horizon_ms, self.valid_ms = strategy.horizon_ms, strategy.valid_ms

    def decide(self, window: Window, later: Later) -> Answer | None:
        return answer_of(self._strategy, window)

    def explain(self, window: Window) -> Explanation:
        return explanation_of(self._strategy, window)


class BuiltIn(Known):
    """``checker`` runs the checks in a process of its own; without it the strategy counts as unchecked."""

    def __init__(
        self, kind: type[Strategy[Any]], checker: Callable[[str, Params], Awaitable[Checks]] | None = None
    ) -> None:
        self._kind, self._checker = kind, checker
        self.card, self.parameters, self.code = card_of(kind, BUILT_IN), kind.Parameters, code_of(kind)

    async def prepare(self, params: Params) -> Mind:
        return _Here(self._kind(params))

    async def check(self, params: Params) -> Checks:
        if self._checker is None:
            return (Check("checked", False, "Nothing here can run its checks."),)
        return await self._checker(self.card.name, params)


def card_of(kind: type[Strategy[Any]], origin: str) -> Card:
    text = "\n".join(line.strip() for line in (kind.__doc__ or "").strip().splitlines())
    idea = text.partition("\n")[0]
    return Card(kind.name, kind.title, idea, text, kind.warning, origin, kind.armed_by_default)


def code_of(kind: type[object]) -> str:
    """A hash of the source of the module that defines it; of its name and ours where there is no source."""
    from hlmaster import __version__

    spec = importlib.util.find_spec(kind.__module__)
    get_source = getattr(spec.loader, "get_source", None) if spec is not None else None
    source = get_source(kind.__module__) if get_source is not None else None
    return hash_of(source.encode() if source else f"{kind.__qualname__} {__version__}".encode())


def hash_of(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()[:16]


def chosen(model: type[Params], values: Mapping[str, Any], name: str) -> Params:
    """The parameters of a strategy from plain values. Raises ConfigError naming key, value and what is allowed."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise explain(error, model, lambda _: f"parameters of {name}") from None


def departures(params: Config) -> dict[str, Any]:
    """What differs from the defaults, as plain values that a file can hold."""
    plain = params.model_dump(mode="json")
    defaults = type(params)().model_dump(mode="json")
    return {key: value for key, value in plain.items() if value != defaults[key]}
