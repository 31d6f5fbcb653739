"""Who is behind an idea, in words: a strategy by its title, a group by its name, or a person."""

from __future__ import annotations

from collections.abc import Callable

GROUP = "group "
"""What the name of a group's source begins with."""
Title = Callable[[str], str]
"""Of a source, or of one strategy."""


def as_written(source: str) -> str:
    return source


class Titles:
    """``strategy``: the title of a strategy by its name; what is none reads as it is written."""

    def __init__(self, strategy: Title) -> None:
        self._strategy = strategy

    def __call__(self, source: str) -> str:
        """``Triple Confluence`` for ``triple_confluence``, ``Group trend`` for ``group trend``."""
        return f"Group {source.removeprefix(GROUP)}" if source.startswith(GROUP) else self._strategy(source)
