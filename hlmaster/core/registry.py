"""One way to extend: one file, one decorator. A registry knows what exists, and what failed to load and why."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

log = logging.getLogger(__name__)
Entry = TypeVar("Entry")
Registered = TypeVar("Registered")


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that should have registered and raised instead."""

    name: str
    error: str


class Registry(Generic[Entry]):
    """Named entries of one kind (``risk rule``, ``strategy``, ``indicator``), listed by name.

    >>> indicators: Registry[type] = Registry("indicator")
    >>> @indicators.register("sma")
    ... class Sma: ...
    >>> indicators.names()
    ['sma']
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.version = 0
        """Changes with every registration."""
        self._entries: dict[str, Entry] = {}
        self._broken: dict[str, Broken] = {}

    def register(self, name: str) -> Callable[[Registered], Registered]:
        """Decorator. Raises ValueError when the name is taken or empty."""

        def keep(entry: Registered) -> Registered:
            if not name:
                raise ValueError(f"a {self.kind} needs a name")
            if name in self._entries:
                raise ValueError(f"two {self.kind} entries are called {name!r}: {self._entries[name]!r} and {entry!r}")
            self.version += 1
            self._entries[name] = entry  # type: ignore[assignment]  # the decorated thing keeps its own, narrower type
            return entry

        return keep

    def load(self, name: str, loader: Callable[[], object]) -> bool:
        """Run what registers entries (an import); when it raises, none of them stays and it is listed as broken."""
        before = dict(self._entries)
        try:
            loader()
        except Exception as error:
            log.exception("the %s %r failed to load", self.kind, name)
            self._entries = before
            self.version += 1
            self._broken[name] = Broken(name, f"{type(error).__name__}: {error}")
            return False
        self._broken.pop(name, None)
        return True

    def entries(self) -> list[Entry]:
        """In the order of their registration."""
        return list(self._entries.values())

    def names(self) -> list[str]:
        return sorted(self._entries)

    def broken(self) -> list[Broken]:
        return [self._broken[name] for name in sorted(self._broken)]

    def __getitem__(self, name: str) -> Entry:
        try:
            return self._entries[name]
        except KeyError:
            known = ", ".join(self.names()) or "none"
            raise KeyError(f"there is no {self.kind} called {name!r}; known: {known}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self._entries)
