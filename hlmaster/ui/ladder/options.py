"""How a ladder is set: kept with the window's layout, damaged values ignored."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hlmaster.ui.ladder.grid import GROUPS, Group


class Layout(StrEnum):
    BOOK = "book"
    """Asks over bids, only levels that hold something."""
    LADDER = "ladder"
    """One column of all prices; bids at its left, asks at its right."""


class Follow(StrEnum):
    STATIC = "static"
    """Prices stand still until they are centred."""
    AUTO = "auto"
    """Centred again when the best prices leave the middle third."""
    CENTRED = "centred"


@dataclass(slots=True)
class Options:
    """``groups`` by coin; a coin that is not named shows every tick."""

    layout: Layout = Layout.BOOK
    follow: Follow = Follow.AUTO
    totals: bool = True
    """The book has a column of sizes summed from the best price on."""
    cumulative: bool = False
    """The ladder shows those sums in place of each row's size."""
    in_usd: bool = False
    traded: bool = True
    groups: dict[str, Group] = field(default_factory=dict)

    def save(self) -> dict[str, Any]:
        return {
            "layout": self.layout.value,
            "follow": self.follow.value,
            "totals": self.totals,
            "cumulative": self.cumulative,
            "in_usd": self.in_usd,
            "traded": self.traded,
            "groups": {coin: list(group) for coin, group in self.groups.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        if state.get("layout") in tuple(Layout):
            self.layout = Layout(state["layout"])
        if state.get("follow") in tuple(Follow):
            self.follow = Follow(state["follow"])
        for name in ("totals", "cumulative", "in_usd", "traded"):
            if isinstance(state.get(name), bool):
                setattr(self, name, state[name])
        saved = state.get("groups")
        if isinstance(saved, dict):
            found = {
                str(coin): next((one for one in GROUPS if list(one) == group), None) for coin, group in saved.items()
            }
            self.groups = {coin: group for coin, group in found.items() if group is not None}
