"""Who is behind an idea, in words: a strategy by its title, a group by its name, or a person."""

from __future__ import annotations

from hlmaster.core.errors import ConfigError
from hlmaster.desk.desk import Desk

GROUP = "group "


def source_title(desk: Desk, source: str) -> str:
    """``Triple Confluence`` for ``triple_confluence``; what is no strategy here reads as it is written."""
    if source.startswith(GROUP):
        return f"Group {source.removeprefix(GROUP)}"
    try:
        return desk.engine.card(source).title
    except ConfigError:
        return source
