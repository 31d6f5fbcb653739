"""The keys as the help shows them: a table for each group."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hlmaster.ui.actions import Action

GROUPS = ("Window", "Desk", "Market", "Trading", "Panels")
"""These come first, in this order; the panels' own follow as they are registered."""


def by_group(actions: Iterable[Action]) -> dict[str, list[Action]]:
    groups: dict[str, list[Action]] = {group: [] for group in GROUPS}
    for action in actions:
        groups.setdefault(action.group, []).append(action)
    return groups


def tables(actions: Iterable[Action], keys_of: Callable[[Action], str]) -> str:
    """Markdown; actions without keys are left out."""
    parts = []
    for group, members in by_group(actions).items():
        rows = [f"| {keys} | {action.title} |" for action in members if (keys := keys_of(action))]
        if rows:
            parts.append("\n".join((f"### {group}", "", "| Keys | What they do |", "|---|---|", *rows)))
    return "\n\n".join(parts) + "\n"
