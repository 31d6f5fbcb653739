"""The ladder shows the feed's book, whole and in order, and hands prices to the ticket."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt

from hlmaster.core.events import GroupedBook, Level
from hlmaster.core.model import Side
from hlmaster.core.orders import Trigger, TriggerKind
from hlmaster.ui.panels.ladder import HEAD, MIDDLE, ROW, LadderPanel, group_steps
from tests.ui.market_desk import D, MarketScene, open_context, shown


def opened(scene: MarketScene, qtbot: Any, rows: int = 10) -> LadderPanel:
    panel = LadderPanel(open_context(scene, qtbot))
    shown(panel, qtbot, 230, HEAD + MIDDLE + 2 * rows * ROW)
    panel.grab()
    return panel


def scene_with_book(levels: int = 20) -> MarketScene:
    scene = MarketScene()
    scene.connect()
    scene.tell_context("ETH")
    scene.tell_book("ETH", levels=levels)
    return scene


def sides(panel: LadderPanel) -> tuple[list[float], list[float]]:
    asks = [rung.price for rung in panel.rungs if rung.side is Side.SELL]
    return asks, [rung.price for rung in panel.rungs if rung.side is Side.BUY]


def test_asks_stand_over_bids_and_the_best_of_both_meet_in_the_middle(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot)
    asks, bids = sides(panel)
    book = scene.desk.feed.market("ETH").book
    assert asks == [level.price for level in book.asks[:10]][::-1]
    assert bids == [level.price for level in book.bids[:10]]
    tops = [rung.top for rung in panel.rungs]
    assert tops == sorted(tops)
    assert tops[10] - tops[9] == ROW + MIDDLE


def test_totals_are_summed_from_the_best_price_outwards(qtbot: Any) -> None:
    panel = opened(scene_with_book(), qtbot)
    bids = [rung for rung in panel.rungs if rung.side is Side.BUY]
    assert [rung.total for rung in bids] == pytest.approx([sum(r.size for r in bids[: n + 1]) for n in range(10)])


def test_a_short_book_and_one_without_bids_are_painted_as_they_are(qtbot: Any) -> None:
    panel = opened(scene_with_book(levels=3), qtbot)
    assert [len(side) for side in sides(panel)] == [3, 3]


def test_a_new_book_of_this_coin_is_painted_and_one_of_another_is_not_waited_for(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot)
    scene.pass_time(1)
    scene.tell_book("ETH", mid=3_440.0)
    qtbot.waitUntil(lambda: sides(panel)[1][0] == pytest.approx(3_439.9))


@pytest.mark.parametrize(
    ("price", "tick", "steps"),
    [
        (3434.6, 0.1, [0.1, 0.2, 0.5, 1, 10, 100]),
        (97_412.0, 1.0, [1, 2, 5, 10, 100, 1000]),
        (0.38911, 0.00001, [0.00001, 0.00002, 0.00005, 0.0001, 0.001, 0.01]),
        (0.012345, 0.0001, [0.0001, 0.001]),
    ],
)
def test_grouping_offers_the_venues_steps_from_the_tick_up(price: float, tick: float, steps: list[float]) -> None:
    assert group_steps(price, tick) == pytest.approx(steps)


def test_grouping_sums_levels_and_loses_no_size(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot, rows=20)
    before = max(rung.total for rung in panel.rungs if rung.side is Side.BUY)
    panel.choose_group(3)
    panel.grab()
    bids = sides(panel)[1]
    assert all(price == int(price) for price in bids)
    assert max(rung.total for rung in panel.rungs if rung.side is Side.BUY) == pytest.approx(before)
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


def test_own_orders_are_marked_on_their_level_grouped_or_not_and_triggers_are_not(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot, rows=20)
    bid, ask = sides(panel)[1][3], sides(panel)[0][-3]
    scene.tell_order(Side.BUY, str(bid), "0.5")
    scene.tell_order(Side.SELL, str(ask), "0.25")
    scene.tell_order(Side.SELL, str(sides(panel)[1][5]), "9", Trigger(D("3400"), TriggerKind.STOP, True))
    panel.grab()
    assert {rung.price: rung.mine for rung in panel.rungs if rung.mine} == {bid: 0.5, ask: 0.25}
    panel.choose_group(3)
    panel.grab()
    assert sum(rung.mine for rung in panel.rungs) == 0.75


def test_a_click_picks_the_price_under_it_and_the_middle_picks_none(qtbot: Any) -> None:
    panel = opened(scene_with_book(), qtbot)
    picked: list[tuple[str, float]] = []
    panel.context.price_picked.connect(lambda coin, price: picked.append((coin, price)))
    rung = panel.rungs[4]
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(60, int(rung.top) + 3))
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(60, int(panel.rungs[9].top) + ROW + 5))
    assert picked == [("ETH", rung.price)]


def test_a_stale_book_says_how_old_it_is(qtbot: Any) -> None:
    scene = scene_with_book()
    panel = opened(scene, qtbot)
    assert not panel._age_text(panel.market)
    scene.pass_time(20)
    assert panel._age_text(panel.market) == "20 s old"


def test_before_the_list_and_before_the_book_it_waits_in_words(qtbot: Any) -> None:
    scene = MarketScene(listed=False)
    panel = opened(scene, qtbot)
    assert panel.rungs == []
    assert panel.grouping.text() == "–"
    scene.list_coins()
    panel.grab()
    assert panel.rungs == []
    scene.tell_book("ETH")
    qtbot.waitUntil(lambda: bool(panel.rungs))


def test_the_tooltip_tells_the_value_up_to_a_level(qtbot: Any) -> None:
    panel = opened(scene_with_book(), qtbot)
    assert "up to here" in panel.explain(panel.rungs[0].top + 1)
    assert "Mark price" in panel.explain(1)
