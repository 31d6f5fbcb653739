"""The strategies that come with the application: importing this registers every file beside it.

A file that does not import is listed as broken and stops nothing.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Awaitable, Callable

from hlmaster import strategies
from hlmaster.strategies.base import STRATEGIES, Params
from hlmaster.strategies.known import BuiltIn, Checks

__all__ = ["STRATEGIES", "built_in"]

for found in pkgutil.iter_modules(strategies.__path__, f"{strategies.__name__}."):
    if found.name != __name__ and not found.ispkg:
        STRATEGIES.load(found.name.rpartition(".")[2], functools.partial(importlib.import_module, found.name))


def built_in(checker: Callable[[str, Params], Awaitable[Checks]] | None = None) -> list[BuiltIn]:
    """All that loaded, as the engine knows them; ``checker`` runs their checks."""
    return [BuiltIn(kind, checker) for kind in STRATEGIES.entries()]
