"""The ladder shows the feed's book, whole and in order, and hands prices to the ticket."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from hlmaster.core.events import GroupedBook, Level, LinkChanged, LinkState
from hlmaster.core.model import Side
from hlmaster.core.orders import Trigger, TriggerKind
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui import figures
from hlmaster.ui.ladder.header import Result
from hlmaster.ui.ladder.options import Follow, Layout, Options
from hlmaster.ui.ladder.view import View
from hlmaster.ui.panels.ladder import LadderPanel
from tests.ui.desks import trading, until
from tests.ui.market_desk import D, MarketScene, open_context, shown


def opened(scene: MarketScene, qtbot: Any, rows: int = 10) -> LadderPanel:
    panel = LadderPanel(open_context(scene, qtbot))
    look = panel.scene.look
    shown(panel, qtbot, 230, look.head + look.middle + 2 * rows * look.row + look.strip)
    panel.grab()
    return panel


def scene_with_book(levels: int = 20) -> MarketScene:
    scene = MarketScene()
    scene.connect()
    scene.tell_context("ETH")
    scene.tell_book("ETH", levels=levels)
    return scene


def sides(panel: LadderPanel) -> tuple[list[float], list[float]]:
    asks = [row.price for row in panel.rows if row.side is Side.SELL]
    return asks, [row.price for row in panel.rows if row.side is Side.BUY]


def test_asks_stand_over_bids_and_the_best_of_both_meet_in_the_middle(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot)
    asks, bids = sides(panel)
    book = scene.desk.feed.market("ETH").book
    assert asks == [level.price for level in book.asks[:10]][::-1]
    assert bids == [level.price for level in book.bids[:10]]
    tops = [row.top for row in panel.rows]
    assert tops == sorted(tops)
    assert tops[10] - tops[9] == panel.scene.look.row + panel.scene.look.middle


def test_totals_are_summed_from_the_best_price_outwards(qtbot: Any) -> None:
    panel = opened(scene_with_book(), qtbot)
    bids = [row for row in panel.rows if row.side is Side.BUY]
    assert [row.total for row in bids] == pytest.approx([sum(r.size for r in bids[: n + 1]) for n in range(10)])


def test_a_short_book_and_one_without_bids_are_painted_as_they_are(qtbot: Any) -> None:
    panel = opened(scene_with_book(levels=3), qtbot)
    assert [len(side) for side in sides(panel)] == [3, 3]


def test_a_new_book_of_this_coin_is_painted_and_one_of_another_is_not_waited_for(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot)
    scene.pass_time(1)
    scene.tell_book("ETH", mid=3_440.0)
    qtbot.waitUntil(lambda: sides(panel)[1][0] == pytest.approx(3_439.9))


def test_grouping_sums_levels_and_loses_no_size(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot, rows=20)
    before = max(row.total for row in panel.rows if row.side is Side.BUY)
    panel.choose_group(3)
    panel.grab()
    bids = sides(panel)[1]
    assert all(price == int(price) for price in bids)
    assert max(row.total for row in panel.rows if row.side is Side.BUY) == pytest.approx(before)
    assert panel.grouping.text() == "1 ▾"


def test_the_venue_is_asked_for_the_groups_and_they_go_on_beyond_its_levels(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot, rows=30)
    panel.choose_group(4)
    assert scene.market_data.grouped_watched == ("ETH", 3, 1)
    bids = [Level(float(price), 7.0) for price in range(3_430, 3_300, -10)]
    scene.bus.publish(GroupedBook("ETH", 3, 1, scene.clock.now_ms(), bids, []))
    panel.grab()
    assert sides(panel)[1] == [level.price for level in bids]
    panel.choose_group(0)
    assert scene.market_data.grouped_watched is None


def test_another_coin_begins_ungrouped(qtbot: Any) -> None:
    scene = scene_with_book()
    scene.tell_book("BTC")
    panel = opened(scene, qtbot)
    panel.choose_group(4)
    panel.context.select("BTC")
    assert panel.grouping.text() == "1 ▾"


def test_own_orders_are_marked_on_their_level_grouped_or_not_and_triggers_apart(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot, rows=20)
    bid, ask = sides(panel)[1][3], sides(panel)[0][-3]
    scene.tell_order(Side.BUY, str(bid), "0.5")
    scene.tell_order(Side.SELL, str(ask), "0.25")
    scene.tell_order(Side.SELL, "3434.0", "9", Trigger(D("3434.0"), TriggerKind.STOP, True))
    panel.grab()
    found = {row.price: [(own.size, own.waiting) for own in row.mine] for row in panel.rows if row.mine}
    assert found == {bid: [(0.5, 0.0)], ask: [(0.25, 0.0)], 3434.0: [(0.0, 9.0)]}
    panel.choose_group(3)
    panel.grab()
    assert sum(own.size for row in panel.rows for own in row.mine) == 0.75


def test_a_click_picks_the_price_under_it_and_the_middle_picks_none(qtbot: Any) -> None:
    panel = opened(scene_with_book(), qtbot)
    picked: list[tuple[str, float]] = []
    panel.context.price_picked.connect(lambda coin, price: picked.append((coin, price)))
    row = panel.rows[4]
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(60, int(row.top) + 3))
    qtbot.mouseClick(
        panel, Qt.MouseButton.LeftButton, pos=QPoint(60, int(panel.rows[9].top) + panel.scene.look.row + 5)
    )
    assert picked == [("ETH", row.price)]


def test_a_stale_book_says_how_old_it_is(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot)
    assert panel.view is not None
    assert not panel.view.stale
    scene.pass_time(20)
    panel.grab()
    assert panel.view.notes == ("20 s old",)
    assert panel.view.says[0] == "The book is 20 s old; orders wait for a fresh one."


def test_a_book_from_before_the_link_broke_is_old_at_once(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot)
    scene.bus.publish(LinkChanged(LinkState.RECONNECTING, "The exchange closed the connection."))
    qtbot.waitUntil(lambda: panel.view is not None and bool(panel.view.stale))
    assert panel.view is not None
    assert panel.view.stale == "The link is down, the book 0 s old."


def test_a_result_too_long_for_its_place_is_written_shorter(qtbot: Any) -> None:
    result = Result()
    qtbot.addWidget(result)
    result.show()
    result.show_figure("+$841,888,881.30")
    result.resize(400, 20)
    assert result.text() == "+$841,888,881.30"
    result.resize(result.fontMetrics().horizontalAdvance("+$841.89M") + 12, 20)
    assert result.text() == "+$841.89M"
    result.resize(10, 20)
    assert result.text() == ""


def test_before_the_list_and_before_the_book_it_waits_in_words(qtbot: Any) -> None:
    scene = MarketScene(listed=False)
    panel = opened(scene, qtbot)
    assert panel.rows == ()
    assert panel.grouping.text() == "–"
    scene.list_coins()
    panel.grab()
    assert panel.rows == ()
    scene.tell_book("ETH")
    qtbot.waitUntil(lambda: bool(panel.rows))


def test_the_tooltip_tells_the_value_up_to_a_level(qtbot: Any) -> None:
    panel = opened(scene_with_book(), qtbot)
    assert "up to here" in panel.explain(panel.rows[0].top + 1)
    assert "Last trade" in panel.explain(1)


def test_a_book_that_changes_nothing_in_sight_is_not_painted_again(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot)
    painted: list[View | None] = []
    panel.picture.paint = lambda painter, view, *size: painted.append(view)  # type: ignore[method-assign]
    QApplication.processEvents()
    painted.clear()
    panel.refresh()
    QApplication.processEvents()
    assert not painted
    scene.pass_time(1)
    scene.tell_book("ETH", seed=2)
    panel.refresh()
    QApplication.processEvents()
    assert painted


def test_layout_grouping_of_each_coin_and_columns_are_remembered(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot)
    panel.turn_layout()
    panel.turn_follow()
    panel.turn_totals()
    panel.choose_group(3)
    other = LadderPanel(panel.context)
    qtbot.addWidget(other)
    other.restore_state(panel.save_state())
    assert other.options == panel.options
    assert other.grouping.text() == "1 ▾"
    panel.context.select("BTC")
    panel.context.select("ETH")
    assert panel.grouping.text() == "1 ▾"


def test_every_thing_it_does_is_an_action_and_acts_on_the_ladder_in_use(qtbot: Any) -> None:
    panel = opened(scene_with_book(), qtbot)
    other = LadderPanel(panel.context)
    qtbot.addWidget(other)
    actions = panel.context.actions
    assert {action.key for action in actions.all() if action.key.startswith("ladder.")} == {
        "ladder.mode",
        "ladder.centre",
        "ladder.follow",
        "ladder.grouping_finer",
        "ladder.grouping_coarser",
        "ladder.totals",
        "ladder.unit",
        "ladder.traded",
    }
    actions.prefer(panel)
    actions.run("ladder.mode")
    actions.run("ladder.grouping_coarser")
    actions.run("ladder.grouping_coarser")
    actions.run("ladder.grouping_finer")
    actions.run("ladder.unit")
    actions.run("ladder.traded")
    actions.run("ladder.centre")
    assert panel.options.layout is Layout.LADDER
    assert panel.grouping.text() == "0.2 ▾"
    assert panel.options.in_usd
    assert not panel.options.traded
    assert other.options.layout is Layout.BOOK


def test_the_lock_in_the_header_shows_and_turns_the_arming(qtbot: Any) -> None:
    panel = opened(scene_with_book(), qtbot)
    lock = panel.controls.lock
    assert lock.accessibleName() == "Trading gestures: locked"
    lock.click()
    assert panel.context.arming.is_on
    assert lock.accessibleName() == "Trading gestures: armed"
    panel.context.arming.set(False)
    assert not lock.isChecked()


def test_the_views_menu_turns_the_options(qtbot: Any) -> None:
    panel = opened(scene_with_book(), qtbot)
    menu = panel.controls.view.menu()

    def choose(title: str) -> None:
        menu.aboutToShow.emit()
        next(action for action in menu.actions() if action.text().startswith(title)).trigger()

    choose("Sizes in USD")
    choose("Ladder")
    choose("Always centred")
    choose("Sums")
    assert panel.options == Options(Layout.LADDER, Follow.CENTRED, True, True, True, True)


async def test_the_open_positions_result_stands_in_the_header_and_its_prices_on_their_rows(qtbot: Any) -> None:
    async with trading() as scene:
        panel = LadderPanel(scene.context)
        panel.options.layout = Layout.LADDER
        shown(panel, qtbot, 226, 600)
        await scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5")))
        await until(lambda: scene.desk.portfolio.position("ETH") is not None)
        await scene.account_told()
        panel.beat()
        panel.grab()
        position = scene.desk.portfolio.position("ETH")
        assert position is not None
        assert panel.controls.result.text() == figures.money(position.unrealised, signed=True)
        assert panel.controls.result.toolTip().startswith("Long 0.5 ETH from 3,434.6, liquidated at ")
        assert [row.price for row in panel.rows if row.is_entry] == [pytest.approx(3434.65, abs=0.06)]
        scene.context.bridge.close()


def test_only_one_of_two_ladders_has_the_venue_group_the_book_and_a_hidden_one_lets_go(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot)
    other = LadderPanel(panel.context)
    shown(other, qtbot, 230, 400)
    panel.choose_group(4)
    other.beat()
    watched = [scene.market_data.grouped_watched]
    panel.hide()
    watched.append(scene.market_data.grouped_watched)
    panel.choose_group(5)
    watched.append(scene.market_data.grouped_watched)
    panel.show()
    watched.append(scene.market_data.grouped_watched)
    assert watched == [("ETH", 3, 1), None, None, ("ETH", 2, 1)]
