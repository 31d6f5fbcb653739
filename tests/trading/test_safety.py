"""Real orders have a watchdog unless somebody turned it off; play money has none unless somebody asked."""

from __future__ import annotations

import pytest

from hlmaster.core.model import Mode
from hlmaster.trading.safety import Safety, WatchdogAction


@pytest.mark.parametrize(
    ("mode", "action"),
    [(Mode.DEMO, "off"), (Mode.PAPER, "off"), (Mode.TESTNET, "cancel_entries"), (Mode.LIVE, "cancel_entries")],
)
def test_by_itself_the_watchdog_cancels_entries_where_orders_are_real(mode: Mode, action: WatchdogAction) -> None:
    assert Safety().action(mode) == action


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("chosen", ["off", "cancel_entries", "flatten"])
def test_what_was_chosen_counts_everywhere(mode: Mode, chosen: WatchdogAction) -> None:
    assert Safety(watchdog=chosen).action(mode) == chosen
