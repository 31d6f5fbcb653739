"""Options go into the layout file and come back; damage is ignored."""

from __future__ import annotations

from typing import Any

import pytest

from hlmaster.ui.ladder.options import Follow, Layout, Options


def test_what_is_saved_comes_back() -> None:
    options = Options(Layout.LADDER, Follow.CENTRED, False, True, True, False, {"ETH": (5, 5), "BTC": (3, 1)})
    other = Options()
    other.restore(options.save())
    assert other == options


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"layout": "cube", "follow": 7, "totals": "yes", "in_usd": None, "groups": []},
        {"layout": [], "follow": {}, "groups": {"ETH": [9, 9], "BTC": "5", "SOL": [[1], 2], "X": None}},
    ],
)
def test_damage_leaves_what_was(state: dict[str, Any]) -> None:
    options = Options()
    options.restore(state)
    assert options == Options()
