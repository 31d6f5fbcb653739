"""Windows and panels as the user moves them: kept, undone, switched, brought back, and taken home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Interval
from hlmaster.desk.desk import Desk
from hlmaster.ui import frame_window, panel_set
from hlmaster.ui.context import Context
from hlmaster.ui.market_panel import MarketPanel
from hlmaster.ui.window import Window
from hlmaster.ui.workspaces.nodes import Rect, keys
from hlmaster.ui.workspaces.store import FILE
from tests.ui.decided import ready
from tests.ui.market_desk import MarketScene, open_context
from tests.ui.windows import Light, keep, light, opened, plain_kinds, settle

SCREEN = Rect(0, 0, 2560, 1400)


@pytest.fixture(autouse=True)
def behind(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> QWidget:
    """Stays open: with the last window that closes Qt would end the loop. There is one large screen."""
    monkeypatch.setattr(frame_window, "screens", lambda: [SCREEN])
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def context(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setattr(panel_set, "ALWAYS", plain_kinds())
    made = open_context(MarketScene(), qtbot, "BTC")
    made.notified.connect(lambda notice: TOLD.append(notice.sentence))
    TOLD.clear()
    return made


TOLD: list[str] = []


def told() -> str:
    return " ".join(TOLD)


def market(window: Window | Light, key: str) -> MarketPanel:
    panel = window.panels[key]
    assert isinstance(panel, MarketPanel)
    return panel


def viewing_panels(desk: Desk) -> int:
    """That look at candles of their own."""
    return sum(isinstance(viewer, MarketPanel) for viewer in desk.charts._views)


def open_keys(window: Window | Light) -> set[str]:
    return set(window.stage.arrangement().keys)


async def test_windows_panels_and_groups_come_back_as_they_were_left(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        window.stage.four_charts()
        await settle(window)
        market(window, "chart.2").join("blue")
        market(window, "chart.2").select("SOL")
        await settle(window)
        window.stage.new_window("trades")
        await keep(window)
        left = window.stage.arrangement()
    async with light(context, tmp_path, None) as window:
        await settle(window)
        back = window.stage.arrangement()
        assert back.is_like(left, 0.05)
        assert keys(back.frames[1].root) == ["trades"]
        assert window.stage.docks["trades"].window() is window.stage.sides[0]
        links = {key: market(window, key) for key in ("chart", "chart.2", "chart.3", "chart.4")}
        assert {key: panel.coin == "SOL" for key, panel in links.items() if panel.coin == "SOL"} == {"chart.2": True}
        assert [panel.interval for panel in links.values()] == [Interval.M1, Interval.M5, Interval.H1, Interval.H4]


async def test_changes_of_the_layout_are_undone_and_redone(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await settle(window)
        window.stage.close_panel("equity")
        await keep(window)
        window.stage.add("book")
        await keep(window)
        for verb, expected in (
            ("undo", {"equity": False, "book.2": False}),
            ("undo", {"equity": True, "book.2": False}),
            ("redo", {"equity": False, "book.2": False}),
            ("redo", {"equity": False, "book.2": True}),
        ):
            assert window.context.actions.run(f"workspace.{verb}")
            await settle(window)
            assert {key: key in open_keys(window) for key in expected} == expected
        window.keeper.restore(window.keeper.store.history.versions[0])
        await settle(window)
        assert "equity" in open_keys(window)


async def test_workspaces_are_switched_by_name_and_keep_what_was_changed(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await settle(window)
        run = window.context.actions.run
        assert run("workspace.switch.Swing")
        await settle(window)
        assert {"chart.2", "chart.3", "chart.4"} <= open_keys(window)
        assert market(window, "chart.4").interval is Interval.D1
        window.stage.close_panel("chart.4")
        await keep(window)
        assert window.keeper.save_as("Mine")
        file = tmp_path / "mine.json"
        assert window.keeper.export("Mine", file)
        run("workspace.switch.Scalping")
        await settle(window)
        assert "chart.2" not in window.panels, "extra panels end with their workspace"
        run("workspace.switch.Mine")
        await settle(window)
        assert "chart.3" in open_keys(window)
        assert "chart.4" not in open_keys(window)
        assert window.keeper.take_in(file)
        assert window.context.actions.get("workspace.switch.Mine 2") is not None
        assert not window.keeper.delete("Mine")
        assert "is open" in told()


async def test_a_second_window_that_closes_gives_panels_back_and_ends_extra_ones(tmp_path: Path) -> None:
    async with ready() as scene, opened(scene, tmp_path, (1600, 980)) as window:
        await settle(window)
        heard, looks = len(window.bridge._endings), viewing_panels(scene.desk)
        actions = {action.key for action in window.context.actions.all()}
        window.stage.new_window()
        await settle(window)
        [side] = window.stage.sides
        window.stage.move("book", side)
        await settle(window)
        assert {"book", "chart.2"} == set(keys(window.stage.arrangement().frames[1].root))
        assert len(window.bridge._endings) > heard
        assert "panel.chart.2" in {action.key for action in window.context.actions.all()}
        side.close()
        await settle(window)
        assert window.stage.sides == []
        assert window.docks["book"].window() is window
        assert "book" in open_keys(window)
        assert "chart.2" not in window.panels
        assert len(window.bridge._endings) == heard
        assert viewing_panels(scene.desk) == looks
        assert {action.key for action in window.context.actions.all()} == actions


async def test_a_window_whose_screen_is_gone_comes_back_whole(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await keep(window)
    document = json.loads((tmp_path / FILE).read_text())
    frame = document["workspaces"]["Default"]["frames"][0]
    frame["rect"] = [6000, -900, 3000, 1700]
    (tmp_path / FILE).write_text(json.dumps(document))
    async with light(context, tmp_path, None) as window:
        at = window.main.geometry()
        assert (at.left(), at.width(), at.right() < SCREEN.right) == (0, SCREEN.width, True)
        assert at.top() >= frame_window.TITLE_BAR
        assert at.bottom() < SCREEN.bottom


async def test_a_damaged_layout_is_told_and_the_last_good_one_is_used(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await settle(window)
        window.stage.close_panel("equity")
        await keep(window)
    (tmp_path / FILE).write_text("{")
    async with light(context, tmp_path, None) as window:
        await settle(window)
        assert "equity" not in open_keys(window)
        assert "chart" in open_keys(window)
        assert "damaged and was put aside" in told()


async def test_panels_that_are_new_join_an_older_layout_and_strangers_are_left_out(
    context: Context, tmp_path: Path
) -> None:
    async with light(context, tmp_path) as window:
        await settle(window)
        window.stage.close_panel("journal")
        window.stage.close_panel("trades")
        await keep(window)
    document = json.loads((tmp_path / FILE).read_text())
    saved = document["workspaces"]["Default"]
    saved["known"].remove("trades")
    saved["frames"][0]["root"] = {"row": [saved["frames"][0]["root"], {"tabs": ["crystal_ball"]}], "shares": [1, 1]}
    (tmp_path / FILE).write_text(json.dumps(document))
    async with light(context, tmp_path, None) as window:
        await settle(window)
        assert "trades" in open_keys(window), "it was not known then"
        assert "journal" not in open_keys(window), "it was closed by hand"
        assert window.stage.docks["trades"].x() == window.stage.docks["book"].x()


async def test_a_start_with_the_default_arrangement_overwrites_nothing_until_the_user_saves(
    context: Context, tmp_path: Path
) -> None:
    async with light(context, tmp_path) as window:
        await settle(window)
        window.stage.close_panel("equity")
        await keep(window)
    before = (tmp_path / FILE).read_bytes()
    async with light(context, tmp_path, None, default_layout=True) as window:
        await keep(window)
        assert "equity" in open_keys(window)
        window.stage.close_panel("book")
        await keep(window)
    assert (tmp_path / FILE).read_bytes() == before
    async with light(context, tmp_path, None, default_layout=True) as window:
        await settle(window)
        window.keeper.save()
    assert (tmp_path / FILE).read_bytes() != before


async def test_every_panel_opens_grows_to_the_whole_window_and_closes_without_a_warning(
    tmp_path: Path, qtlog: Any
) -> None:
    async with ready() as scene, opened(scene, tmp_path, (1600, 980)) as window:
        await settle(window)
        stage = window.stage
        before = stage.arrangement()
        for key in stage.panels.keys:
            stage.bring(key)
            assert key in open_keys(window)
        for kind in stage.panels.many:
            stage.add(kind)
        stage.toggle_whole("chart")
        await settle(window)
        assert [key for key, dock in stage.docks.items() if not dock.isHidden()] == ["chart"]
        stage.toggle_whole()
        await settle(window)
        assert set(before.keys) < open_keys(window)
        for key in [*stage.docks]:
            stage.close_panel(key)
        await settle(window)
        assert open_keys(window) == set()
        window.keeper.reset()
        await keep(window)
        assert open_keys(window) == set(before.keys) | {"heatmap", "footprint"} & set(stage.panels.keys)
        told = [record.message for record in qtlog.records if "propagateSizeHints" not in record.message]
        assert told == []


async def test_what_a_panel_learns_is_kept_soon_and_not_at_the_next_minute(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await settle(window)
        heard: list[bool] = []
        window.stage.changed.connect(lambda: heard.append(True))
        window.panels["chart"].memory_changed.emit()
        assert heard
