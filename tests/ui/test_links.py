"""Colour groups: a coin chosen in a panel is shown by exactly the panels of its group."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from hlmaster.core.model import Interval
from hlmaster.ui.links import ALONE, GROUPS, MAIN
from hlmaster.ui.market_panel import MarketPanel
from tests.ui.market_desk import MarketScene, open_context


class Seen(MarketPanel):
    KEY, TITLE = "seen", "Seen"


@pytest.fixture
def panels(qtbot: QtBot) -> list[Seen]:
    """Two of each group, all on ETH at first."""
    context = open_context(MarketScene(), qtbot)
    made = []
    for name in GROUPS:
        for _ in range(2):
            panel = Seen(context)
            qtbot.addWidget(panel)
            panel.join(name)
            made.append(panel)
    return made


@pytest.mark.parametrize("name", GROUPS)
def test_a_coin_chosen_in_a_panel_is_shown_by_exactly_its_group(panels: list[Seen], name: str) -> None:
    chosen = next(panel for panel in panels if panel.link.name == name)
    chosen.select("SOL")
    group = {chosen} if name == ALONE else {panel for panel in panels if panel.link.name == name}
    assert {panel for panel in panels if panel.coin == "SOL"} == group
    assert (panels[0].context.coin == "SOL") == (name == MAIN), "the ticket follows the main group alone"


def test_a_panel_of_another_group_names_its_coin(panels: list[Seen]) -> None:
    blue = next(panel for panel in panels if panel.link.name == "blue")
    assert blue.TITLE == "Seen · ETH"
    blue.select("SOL")
    assert blue.TITLE == "Seen · SOL"
    blue.join(MAIN)
    assert (blue.TITLE, blue.coin) == ("Seen", "ETH")


def test_who_joins_shows_what_the_group_shows(panels: list[Seen]) -> None:
    green, violet = (next(panel for panel in panels if panel.link.name == name) for name in ("green", "violet"))
    green.select("HYPE")
    green.choose_interval(Interval.H4)
    violet.join("green")
    assert (violet.coin, violet.interval) == ("HYPE", Interval.H4)
    violet.join(ALONE)
    violet.select("ARB")
    assert green.coin == "HYPE"


def test_a_timeframe_is_the_groups_or_the_panels_own(panels: list[Seen]) -> None:
    first, second = (panel for panel in panels if panel.link.name == "blue")
    second.share_interval(False)
    first.choose_interval(Interval.D1)
    assert (first.interval, second.interval) == (Interval.D1, Interval.M1)
    second.choose_interval(Interval.H1)
    assert (first.interval, second.interval) == (Interval.D1, Interval.H1)
    second.share_interval(True)
    assert second.interval is Interval.D1


def test_a_panel_takes_back_its_group_coin_and_timeframe(panels: list[Seen], qtbot: QtBot) -> None:
    context = panels[0].context
    for name, shares in itertools.product(GROUPS, (True, False)):
        first, second = Seen(context), Seen(context)
        for panel in (first, second):
            qtbot.addWidget(panel)
        first.join(name)
        first.select("LINK")
        first.share_interval(shares)
        first.choose_interval(Interval.M15)
        saved = first.save_link()
        second.restore_link(saved)
        assert second.save_link() == saved


@pytest.mark.parametrize("nonsense", [{}, {"group": "pink"}, {"group": 3, "coin": 7, "interval": "9y"}])
def test_nonsense_is_ignored(panels: list[Seen], nonsense: dict[str, Any]) -> None:
    panels[0].restore_link(nonsense)
    assert panels[0].save_link() == {"group": MAIN, "coin": "ETH", "interval": "1m", "shares_interval": True}


def test_the_end_of_a_panel_ends_its_part_in_the_group(panels: list[Seen], qtbot: QtBot) -> None:
    heard: list[str] = []

    class Listening(Seen):
        def show_coin(self) -> None:
            heard.append(self.coin)

    panel = Listening(panels[0].context)
    panel.join("amber")
    panel.deleteLater()
    qtbot.waitUntil(lambda: not isValid(panel))
    next(one for one in panels if one.link.name == "amber").select("DOGE")
    assert heard == []
