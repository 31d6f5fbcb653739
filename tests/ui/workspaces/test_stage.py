"""What is set up turn by turn: taken over by something else, written down, left and ended in the middle."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTabBar
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from hlmaster.core.model import Interval
from hlmaster.ui.context import Context
from hlmaster.ui.dock import PanelDock
from hlmaster.ui.market_panel import MarketPanel
from hlmaster.ui.workspaces import moves
from hlmaster.ui.workspaces.nodes import Node, Rect, Tabs
from tests.ui.desks import until
from tests.ui.windows import Light, light, plain_context, settle

CHARTS = {"chart", "chart.2", "chart.3", "chart.4"}


@pytest.fixture
def context(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Context:
    return plain_context(qtbot, monkeypatch)


async def half_way(window: Light, steps: int = 2) -> None:
    """Into the workspace with four charts, of which not all are there yet."""
    await settle(window)
    window.keeper.switch("Swing")
    for _ in range(steps):
        window.stage._turns.step()
    assert not set(window.panels) >= CHARTS


def keys_of(window: Light) -> set[str]:
    return set(window.stage.arrangement().keys)


def intervals(window: Light) -> list[Interval]:
    panels = [window.panels[key] for key in sorted(CHARTS)]
    return [panel.interval for panel in panels if isinstance(panel, MarketPanel)]


async def test_a_workspace_that_is_left_half_way_is_kept_whole(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await half_way(window)
        window.keeper.switch("Scalping")
        await settle(window)
        assert not CHARTS & set(window.panels) - {"chart"}
        assert "chart.2" not in keys_of(window)
        left = window.keeper.store.get("Swing")
        assert left is not None
        assert set(left.arrangement.keys) >= CHARTS
        window.keeper.switch("Swing")
        await settle(window)
        assert set(window.panels) >= CHARTS
        assert intervals(window) == [Interval.M1, Interval.H1, Interval.H4, Interval.D1]


@pytest.mark.parametrize("steps", [0, 1, 2])
async def test_what_is_written_half_way_is_whole_and_no_change_of_the_users(
    context: Context, tmp_path: Path, steps: int
) -> None:
    async with light(context, tmp_path) as window:
        await half_way(window, steps)
        assert window.keeper.keep()
        kept = window.keeper.store.get("Swing")
        assert kept is not None
        assert set(kept.arrangement.keys) >= CHARTS
        assert kept.panels["chart.4"]["link"]["interval"] == "1d"  # type: ignore[index]
        assert window.keeper.store.history.versions == []
        await settle(window)
        assert keys_of(window) == set(kept.arrangement.keys)
        window.keeper.keep()
        assert window.keeper.store.history.versions == []


async def test_a_window_that_is_closed_half_way_comes_back_whole(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await half_way(window)
    async with light(context, tmp_path, None) as window:
        await settle(window)
        assert keys_of(window) >= CHARTS
        assert intervals(window) == [Interval.M1, Interval.H1, Interval.H4, Interval.D1]


async def test_what_is_done_half_way_is_done_to_the_whole(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await half_way(window)
        window.stage.close_panel("equity")
        added = window.stage.add("book")
        await settle(window)
        assert added == "book.2"
        assert keys_of(window) >= CHARTS | {"book.2"}
        assert "equity" not in keys_of(window)
        assert intervals(window) == [Interval.M1, Interval.H1, Interval.H4, Interval.D1]


async def test_a_second_window_is_moved_to_and_closed_while_it_opens(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await settle(window)
        window.stage.new_window("trades")
        window.stage.new_window("book")
        window.stage.finish()
        first, second = window.stage.sides
        window.stage.new_window("equity")
        window.stage.move("positions", second)
        first.close()
        await settle(window)
        assert [set(frame.keys) for frame in window.stage.arrangement().frames[1:]] == [
            {"book", "positions"},
            {"equity"},
        ]
        assert "trades" in window.stage.arrangement().frames[0].keys


async def test_panels_that_floated_together_come_back_together(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await settle(window)
        stands = window.stage.workspace()
        main = moves.without(stands.arrangement, ["book", "trades", "equity"]).frames[0]
        pair, alone = Tabs(("book", "trades"), "trades"), Tabs(("equity",), "equity")
        floating = (Rect(300, 200, 500, 400), pair), (Rect(100, 150, 300, 250), alone)
        grouped = replace(stands.arrangement, frames=(replace(main, floating=floating),))
        window.stage.show(replace(stands, arrangement=grouped))
        await settle(window)
        assert sees(window) == ([(Rect(300, 200, 500, 400), pair)], [alone])
        window.stage.close_panel("log")
        await settle(window)
        assert sees(window) == ([(Rect(300, 200, 500, 400), pair)], [alone])


def sees(window: Light) -> tuple[list[tuple[Rect | None, Node | None]], list[Tabs]]:
    """What the windows beside the main one hold, and what floats."""
    first, *others = window.stage.arrangement().frames
    return [(frame.rect, frame.root) for frame in others], first.floats


async def half_built(window: Light) -> list[PanelDock]:
    """On the way to another workspace: its docks, which are covered still."""
    await settle(window)
    window.keeper.switch("Review")
    window.stage._build_whole()
    return [dock for dock in window.stage.docks.values() if dock.is_held]


async def test_panels_come_into_sight_one_after_the_other_and_none_stays_covered(
    context: Context, tmp_path: Path
) -> None:
    async with light(context, tmp_path) as window:
        covered = await half_built(window)
        assert covered
        assert not any(dock.panel.isVisible() for dock in covered)
        window.stage._turns.step()
        assert 0 < sum(dock.is_held for dock in window.stage.docks.values()) < len(covered)
        await settle(window)
        assert not any(dock.is_held for dock in window.stage.docks.values())
        fronts = {"watchlist", "equity", "chart", "journal", "history"}
        assert {key for key, panel in window.panels.items() if panel.isVisible()} == fronts


async def test_a_window_of_another_size_shows_empty_places_and_no_torn_picture(
    context: Context, tmp_path: Path
) -> None:
    async with light(context, tmp_path) as window:
        covered = await half_built(window)
        assert not any(dock.updatesEnabled() for dock in covered)
        window.main.resize(1200, 760)
        assert all(dock.updatesEnabled() and not dock.panel.isVisible() for dock in covered)
        await settle(window)
        assert any(dock.panel.isVisible() for dock in covered)


async def test_tab_bars_that_are_gone_are_forgotten(context: Context, tmp_path: Path) -> None:
    def remembered() -> int:
        return sum(type(one) is QTabBar and not isValid(one) for one in gc.get_objects())

    async with light(context, tmp_path) as window:
        before = remembered()
        for name in ("Review", "Scalping", "Default"):
            window.keeper.switch(name)
            await settle(window)
        assert remembered() == before


async def test_a_panel_behind_others_rests_until_it_is_brought(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await settle(window)
        positions, orders = window.panels["positions"], window.panels["orders"]
        assert (positions.isVisible(), orders.isVisible()) == (True, False)
        window.stage.bring("orders")
        assert (positions.isVisible(), orders.isVisible()) == (False, True)
        assert positions.size() == orders.size()


async def test_the_keys_stay_in_the_panel_that_had_them(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        window.main.activateWindow()
        await until(window.main.isActiveWindow)
        await settle(window)
        book = window.panels["book"]
        book.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        book.setFocus()
        window.stage.close_panel("equity")
        assert not book.isVisible()
        await settle(window)
        assert book.hasFocus()
        window.keeper.switch("Scalping")
        await settle(window)
        assert book.hasFocus()
        window.stage.close_panel("book")
        await settle(window)
        assert not book.hasFocus()
