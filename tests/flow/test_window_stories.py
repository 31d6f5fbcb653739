"""A day in the real window, against the embedded exchange over sockets, with keys and mouse alone."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Side
from hlmaster.core.orders import TriggerKind
from hlmaster.core.rounding import snap_price
from hlmaster.trading.ticket import SizeUnit, Target, Ticket, TicketKind
from hlmaster.ui import theme
from hlmaster.ui.dialogs.kill_report import KillReport
from hlmaster.ui.frame_window import TITLE_BAR, screens
from hlmaster.ui.hands.entries import Entry
from hlmaster.ui.hands.shortcuts import ARM
from hlmaster.ui.kill_switch import FLATTEN
from hlmaster.ui.ladder.columns import Column, LadderColumns
from hlmaster.ui.ladder.options import Layout
from hlmaster.ui.panels.chart import ChartPanel
from hlmaster.ui.panels.ladder import LadderPanel
from hlmaster.ui.panels.table_panel import TablePanel
from hlmaster.ui.workspaces.store import FILE
from tests.flow.desks import fresh
from tests.flow.window_day import COIN, Day, day
from tests.ui.questions import on_screen
from tests.ui.test_names import nameless

D = Decimal
Story = Callable[[Day], Awaitable[None]]
SIZE = D("0.3")
LOOK_SECONDS, LOOKS = 0.1, 30
STEADY = frozenset({"analyst", "sentiment", "approvals", "opportunities", "reconciliation", "signals"})
"""Speak of what a model, a feed, a strategy or a difference would say; none is here, and their own tests fill them."""


async def the_desk_starts_and_an_empty_window_fills(here: Day) -> None:
    await here.look_around("empty")
    await here.desk.start()
    await here.until(lambda: here.desk.is_ready)
    here.window.context.select(COIN)
    await fresh(here.desk, COIN)
    here.window.activateWindow()
    await here.until(here.window.isActiveWindow)


async def a_position_is_bought_by_keys_alone(here: Day) -> None:
    here.press("ticket.focus")
    for keys in ("b", "m", Qt.Key.Key_Return, str(SIZE), Qt.Key.Key_Return):
        QTest.keyClicks(here.focused, keys) if isinstance(keys, str) else QTest.keyClick(here.focused, keys)
    await here.until(lambda: here.desk.portfolio.size(COIN) == SIZE)
    assert await here.held() == SIZE
    await here.until(lambda: len(here.desk.protector.kept(COIN)) == 1)


async def a_dragged_stop_is_the_exchanges_stop_and_nothing_is_bare_meanwhile(here: Day) -> None:
    panel = here.panel("chart", ChartPanel)
    here.window.stage.bring("chart")
    await here.until(lambda: panel.chart._canvas is not None and len(panel.chart.frame.series) > 50)

    def shown() -> list[tuple[float, bool]]:
        return [(line.price, line.faint) for line in panel.chart.frame.lines if line.kind == "stop"]

    await here.until(lambda: len(shown()) == 1)
    ((stood, _),) = shown()
    panel.chart.set_auto_scale(False)
    panel.chart.frame.prices.low, panel.chart.frame.prices.high = stood * 0.985, stood * 1.015
    panel.chart.repaint_layers()
    seen: list[tuple[D, D]] = []

    async def watch() -> None:
        while True:
            orders, held = await asyncio.gather(here.waiting(triggers=True), here.held())
            seen.append((held, sum((order.size for order in orders), D(0))))
            await asyncio.sleep(LOOK_SECONDS)

    watching = asyncio.create_task(watch())
    if not here.window.context.arming.is_on:
        here.press(ARM)
    assert panel.chart._canvas is not None
    viewport, row = panel.chart._canvas.viewport(), panel.chart.frame.y_of
    middle = panel.chart.frame.price_pane.width() / 2
    await here.hand.move(viewport, QPointF(middle, row(stood)))  # what came under a resting pointer is refused
    await here.hand.drag(viewport, QPointF(middle, row(stood)), QPointF(middle, row(stood * 0.994)), steps=4)
    (wanted,) = [price for price, faint in shown() if not faint]
    assert wanted != stood, "it stands where it was dropped while the exchange is asked"
    await here.until(lambda: shown() == [(wanted, False)])
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    (stop,) = await here.waiting(triggers=True)
    assert stop.trigger is not None
    assert (stop.trigger.kind, float(stop.trigger.price), stop.size) == (TriggerKind.STOP, wanted, await here.held())
    assert seen
    assert all(resting >= held for held, resting in seen), "never bare"
    panel.chart.set_auto_scale(True)


async def a_dragged_bracket_is_one_action_on_chart_exchange_and_journal(here: Day) -> None:
    panel, mark = here.panel("chart", ChartPanel), here.desk.survey.mark(COIN)
    assert mark is not None
    price, stop, target = (snap_price(mark * D(share), 4) for share in ("0.985", "0.975", "1.02"))
    exits: dict[str, Any] = {"stop_price": stop, "attach_stop": True, "targets": (Target(target),)}
    entry = Ticket(COIN, Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, SIZE, limit_price=price, **exits)
    outcome = await here.desk.manual.place(entry)
    assert outcome.ok, outcome.sentence
    names = {one.client_order_id for one in outcome.orders}

    def shown() -> dict[str, float]:
        return {one.pill.key: one.price for one in panel.chart.frame.lines if one.pill and one.pill.key in names}

    def booked() -> dict[str, float]:
        orders = (one.order for one in here.desk.orders.live(COIN) if one.client_order_id in names)
        return {one.client_order_id: float(one.trigger.price if one.trigger else one.price) for one in orders}

    def journal() -> list[tuple[str, str | None]]:
        with closing(sqlite3.connect(here.run.opening.session.folder / "journal.sqlite")) as database:
            asked = (
                "SELECT subject, status FROM intents WHERE kind = 'modify' AND nonce = (SELECT max(nonce) FROM intents)"
            )
            return database.execute(asked).fetchall()

    await here.until(lambda: shown() == booked() != {} and len(shown()) == 3)
    before = booked()
    panel.chart.set_auto_scale(False)
    panel.chart.frame.prices.low, panel.chart.frame.prices.high = float(mark) * 0.965, float(mark) * 1.03
    panel.chart.grab()
    assert panel.chart._canvas is not None
    viewport, row = panel.chart._canvas.viewport(), panel.chart.frame.y_of
    middle = panel.chart.frame.price_pane.width() / 2
    way = QPointF(middle, row(float(price))), QPointF(middle, row(float(price) * 0.996))
    await here.hand.move(viewport, way[0])
    await here.hand.drag(viewport, *way, steps=4, keys=Qt.KeyboardModifier.ShiftModifier)
    await here.until(lambda: booked() != before and shown() == booked())
    after = booked()
    assert len({round(after[name] - before[name], 1) for name in names}) == 1, "all by the same distance"
    theirs = await here.waiting(triggers=False) + await here.waiting(triggers=True)
    listed = {one.client_order_id: float(one.trigger.price if one.trigger else one.price) for one in theirs}
    assert {name: listed[name] for name in names} == after
    await here.until(lambda: {name for name, status in journal() if status} == names)
    await here.desk.manual.cancel(outcome.orders[0].client_order_id)
    await here.until(lambda: len(here.desk.orders.live(COIN)) == 1)
    panel.chart.set_auto_scale(True)


async def a_click_on_a_bid_of_the_ladder_rests_there_only_while_armed(here: Day) -> None:
    panel = here.panel("book", LadderPanel)
    here.window.stage.bring("book")
    panel.options.layout = Layout.LADDER
    panel.options_changed()
    await here.until(lambda: isinstance(getattr(panel.view, "columns", None), LadderColumns))
    assert panel.view is not None
    columns = panel.view.columns
    assert isinstance(columns, LadderColumns)
    span = columns.span(Column.BUY)
    bids = [one for one in panel.rows if one.side is Side.BUY]
    at = QPointF((span.left + span.right) / 2, bids[-3].top + 5)
    here.window.context.arming.set(False)
    await here.hand.click(panel, at)
    assert not await here.waiting(triggers=False), "locked"
    here.window.context.arming.set(True)
    await here.hand.click(panel, at)
    await here.until(lambda: len(here.desk.orders.live(COIN)) == 2)
    (order,) = await here.waiting(triggers=False)
    assert (order.side, order.size) == (Side.BUY, SIZE), "the ticket's size"
    assert len(await here.waiting(triggers=True)) == 1, "the position's stop"


async def every_action_is_reached_from_the_palette(here: Day) -> None:
    palette, context = here.window.hands.palette, here.window.context
    ran: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(palette, "do", lambda entry: ran.append(entry.key if isinstance(entry, Entry) else ""))
        here.press("hands.palette")
        actions = context.actions.all()
        for action in actions:
            palette.search.setText(f"{action.group} {action.title}")
            wanted, model = f"action.{action.key}", palette.model
            rows = [row for row in range(model.rowCount()) if _key(model.entry(row)) == wanted]
            assert rows, action
            assert rows[0] < 12, f"{action} is far down"
            for _ in range(rows[0]):
                QTest.keyClick(palette.search, Qt.Key.Key_Down)
            QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert ran == [f"action.{action.key}" for action in actions]
    assert len(ran) > 100
    QTest.keyClick(palette.search, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def _key(entry: Entry | None) -> str:
    return "" if entry is None else entry.key


async def another_palette_is_chosen_by_keys_and_everything_wears_it(here: Day) -> None:
    window, context = here.window, here.window.context
    chart = here.panel("chart", ChartPanel)
    window.stage.bring("chart")
    before = context.theme
    here.press("hands.palette")
    window.hands.palette.search.setText("general theme")
    QTest.keyClick(window.hands.palette.search, Qt.Key.Key_Return)
    QTest.keyClick(window.hands.palette.search, Qt.Key.Key_Escape)
    assert context.theme.name != before.name
    for name in ("dark_blue_orange", before.name):
        context.setting_wanted.emit("general.theme", name)
        assert context.theme == theme.theme(name)
        await here.until(chart.updatesEnabled)
        picture = chart.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        painted = bytes(picture.constBits())
        looks = {one: theme.theme(one).chart_palette() for one in ("dark_blue_orange", before.name)}
        worn = {one for one, look in looks.items() if QColor(look.up).rgb().to_bytes(4, sys.byteorder) in painted}
        assert worn == {name}, "its candles, and nobody else's"
        kept = here.run.settings_file.read_text()
        assert ('theme = "dark_blue_orange"' in kept) == (name != before.name)


async def everything_that_can_be_used_has_a_name(here: Day) -> None:
    await here.look_around("full")
    unnamed = list(nameless(here.window))
    assert not unnamed, "\n".join(unnamed)


async def panic_by_two_presses_of_its_keys_leaves_nothing_and_reports(here: Day) -> None:
    assert await here.held() != 0
    here.window.setFocus()
    for _ in range(2):
        here.press(FLATTEN.key)
    await here.until(lambda: on_screen(KillReport))
    report = on_screen(KillReport)
    assert report is not None
    assert "You are flat" in report.as_text()
    report.accept()
    assert await here.held() == 0
    assert await here.waiting(triggers=True) == await here.waiting(triggers=False) == []


async def every_panel_has_filled_and_what_can_be_empty_empties(here: Day) -> None:
    here.window.context.select("NOSUCH")
    kinds = set(here.window._panel_set.keys)
    assert kinds > STEADY
    for _ in range(LOOKS):  # what a trade brought in comes by the recorder's way
        await here.look_around("emptied")
        empty, full, emptied = (here.pictures[moment] for moment in ("empty", "full", "emptied"))
        assert kinds == set(empty) == set(full) == set(emptied)
        blank = {key for key in kinds if full[key] == empty[key] == emptied[key]}
        if blank <= STEADY:
            break
        await asyncio.sleep(LOOK_SECONDS)
    assert not blank - STEADY
    for key in ("positions", "orders"):
        assert here.panel(key, TablePanel).model.rowCount() == 0
    for key in here.window._panel_set.many:
        assert emptied[key] != full[key], key
    here.window.context.select(COIN)
    for key in tuple(here.window.docks):
        here.window.stage.close_panel(key)
    assert not here.window.stage.arrangement().keys
    here.window.keeper.reset()


async def a_window_whose_monitor_is_lost_comes_back_whole_on_the_one_that_is_left(here: Day) -> None:
    await here.until(lambda: here.window.stage.is_settled)
    here.window.stage.close_panel("equity")
    await here.until(lambda: here.window.stage.is_settled)
    here.window.keeper.save()
    await here.close()
    file = here.run.opening.session.folder / FILE
    document = json.loads(file.read_text())
    current = document["workspaces"][document["current"]]
    current["frames"][0]["rect"] = [6000, -900, 3000, 1700]
    file.write_text(json.dumps(document))
    here.open()
    at, (screen, *_) = here.window.geometry(), screens()
    assert (at.left(), at.top()) == (screen.left, screen.top + TITLE_BAR)
    await here.until(lambda: here.window.stage.is_settled)
    assert "equity" not in here.window.stage.arrangement().keys


async def a_damaged_layout_is_put_aside_and_the_last_good_one_stands(here: Day) -> None:
    await here.close()
    file = here.run.opening.session.folder / FILE
    file.write_text(file.read_text()[:-40])
    here.open()
    await here.until(lambda: "damaged and was put aside" in here.sentences())
    await here.until(lambda: here.window.stage.is_settled)
    keys = here.window.stage.arrangement().keys
    assert "chart" in keys
    assert "equity" not in keys
    assert file.with_name(f"{FILE}.damaged").exists()


STORIES: tuple[Story, ...] = (
    the_desk_starts_and_an_empty_window_fills,
    a_position_is_bought_by_keys_alone,
    a_dragged_stop_is_the_exchanges_stop_and_nothing_is_bare_meanwhile,
    a_dragged_bracket_is_one_action_on_chart_exchange_and_journal,
    a_click_on_a_bid_of_the_ladder_rests_there_only_while_armed,
    every_action_is_reached_from_the_palette,
    another_palette_is_chosen_by_keys_and_everything_wears_it,
    everything_that_can_be_used_has_a_name,
    panic_by_two_presses_of_its_keys_leaves_nothing_and_reports,
    every_panel_has_filled_and_what_can_be_empty_empties,
    a_window_whose_monitor_is_lost_comes_back_whole_on_the_one_that_is_left,
    a_damaged_layout_is_put_aside_and_the_last_good_one_stands,
)


async def test_a_day_in_the_window(tmp_path: Path, qtbot: QtBot, qtlog: Any) -> None:
    """One start for all stories; each is told, and the day goes on, when one fails."""
    behind = QWidget()
    qtbot.addWidget(behind)
    behind.show()  # with the last window that closes Qt would end the loop
    failed: list[Exception] = []
    async with day(tmp_path, "protection.stop_percent=0.4", f"market.watchlist={COIN}") as here:
        for story in STORIES:
            try:
                await story(here)
            except Exception as error:  # noqa: BLE001
                error.add_note(f"while {story.__name__.replace('_', ' ')}")
                failed.append(error)
        assert QApplication.activeModalWidget() is None
    said = [record.message for record in qtlog.records if "This plugin does not support" not in record.message]
    if failed:
        raise ExceptionGroup("stories failed", failed)
    assert said == []
    assert here.troubles == []
