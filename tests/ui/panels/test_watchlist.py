"""The watchlist shows every coin at a glance, sorts, and says which coin is in focus."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt

from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.model import Interval
from hlmaster.desk.charts import KEPT
from hlmaster.ui.panels.watchlist import HEAD, RETRY_SECONDS, ROW, WatchlistPanel
from tests.ui.market_desk import NOW, PRICES, MarketScene, open_context, shown, until
from tests.ui.seen import painted

COINS = list(PRICES)


def opened(scene: MarketScene, qtbot: Any, width: int = 420, height: int = 500) -> WatchlistPanel:
    panel = WatchlistPanel(open_context(scene, qtbot))
    shown(panel, qtbot, width, height)
    panel.grab()
    return panel


def moved(scene: MarketScene) -> None:
    """Day changes that fall along the settings' order, but for the last coin, of which nothing is known."""
    for rank, coin in enumerate(COINS[:-1]):
        scene.tell_context(coin, previous=PRICES[coin][0] * (1 + rank / 100))


def test_a_click_and_the_arrow_keys_choose_the_coin(qtbot: Any) -> None:
    panel = opened(MarketScene(), qtbot)
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(20, HEAD + 2 * ROW + 5))
    assert panel.context.coin == COINS[2]
    qtbot.keyClick(panel, Qt.Key.Key_Down)
    assert panel.context.coin == COINS[3]
    qtbot.keyClick(panel, Qt.Key.Key_Home)
    qtbot.keyClick(panel, Qt.Key.Key_Up)
    assert panel.context.coin == COINS[0]
    qtbot.keyClick(panel, Qt.Key.Key_End)
    assert panel.context.coin == COINS[-1]


def test_a_column_sorts_largest_first_then_smallest_then_as_in_the_settings_and_the_unknown_stay_last(
    qtbot: Any,
) -> None:
    scene = MarketScene()
    moved(scene)
    panel = opened(scene, qtbot)
    known = COINS[:-1]
    panel.sort_by("24H")
    assert panel.rows == [*known, COINS[-1]]
    panel.sort_by("24H")
    assert panel.rows == [*known[::-1], COINS[-1]]
    panel.sort_by("24H")
    assert panel.rows == COINS


def test_a_click_on_the_head_sorts(qtbot: Any) -> None:
    scene = MarketScene()
    moved(scene)
    panel = opened(scene, qtbot)
    place = next((place.left + place.right) // 2 for place in panel._places() if place.column.title == "MARK")
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(place, 5))
    assert panel.sorted_by == "MARK"
    assert panel.rows[0] == "BTC"


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (420, ["COIN", "", "MARK", "24H", "5S", "FUND"]),
        (296, ["COIN", "", "MARK", "24H", "FUND"]),
        (250, ["COIN", "", "MARK", "24H"]),
        (200, ["COIN", "MARK", "24H"]),
    ],
)
def test_a_coin_has_one_line_and_a_narrow_panel_leaves_columns_to_the_tooltip(
    qtbot: Any, width: int, titles: list[str]
) -> None:
    panel = opened(MarketScene(), qtbot, width=width)
    places = panel._places()
    assert [place.column.title for place in places] == titles
    assert all(0 <= place.left <= place.right <= width for place in places)
    assert all(word in panel.explain(20, HEAD + 5) for word in ("Momentum", "Funding"))


def test_a_long_name_takes_the_room_of_the_course_and_then_ends_in_an_ellipsis(qtbot: Any) -> None:
    panel = opened(MarketScene(), qtbot, width=250)
    name = "MICROSTRATEGYTOKENS"
    panel.rows = [*panel.rows, name]
    panel._measure()
    places = panel._places()
    assert [place.column.title for place in places] == ["COIN", "MARK", "24H"]
    assert all(a.right < b.left for a, b in pairwise(places))
    assert places[-1].right <= 250
    assert any(text.startswith("MICRO") and text.endswith("…") for text in painted(panel))


def test_a_head_explains_its_own_column(qtbot: Any) -> None:
    panel = opened(MarketScene(), qtbot)
    for title, help_ in (("24H", "Change of the mark"), ("5S", "Momentum")):
        right = next(place.right for place in panel._places() if place.column.title == title)
        assert panel.explain(right - 5, 5).startswith(help_)


def test_more_coins_than_fit_scroll_and_the_chosen_one_stays_in_sight(qtbot: Any) -> None:
    panel = opened(MarketScene(), qtbot, height=HEAD + 3 * ROW)
    panel.context.select(COINS[-1])
    assert panel.coin_at(HEAD + 2 * ROW + 1) == COINS[-1]
    panel.context.select(COINS[0])
    assert panel.coin_at(HEAD + 1) == COINS[0]


def test_before_anything_is_known_rows_are_dashes_and_tooltips_say_why(qtbot: Any) -> None:
    scene = MarketScene(listed=False)
    panel = opened(scene, qtbot)
    assert "not listed it yet" in panel.explain(10, HEAD + 2)
    scene.list_coins()
    scene.connect()
    assert "BTC: –" in panel.explain(10, HEAD + 2)
    assert "has not arrived yet" in panel.explain(10, HEAD + 2)
    assert panel.explain(10, 2).startswith("Coin.")


async def test_courses_come_one_coin_after_the_other_after_the_first_picture(qtbot: Any) -> None:
    scene = MarketScene()
    panel = opened(scene, qtbot)
    panel.beat()
    await until(lambda: len(scene.market_data.asked) == len(COINS))
    assert [(coin, interval) for coin, interval, _, _ in scene.market_data.asked] == [(c, Interval.M1) for c in COINS]
    assert len(panel.course("SOL")) == 120
    panel.beat()
    await until(lambda: not panel.context.is_busy)
    assert len(scene.market_data.asked) == len(COINS)
    await panel.context.close()


async def test_without_candles_the_mids_stand_in_and_the_question_is_repeated_later(qtbot: Any) -> None:
    scene = MarketScene()
    scene.market_data.failure = VenueUnreachable("The exchange does not answer.")
    for step in range(2):
        scene.tell_book("ETH", mid=3_430.0 + step)
        scene.pass_time(1)
    panel = opened(scene, qtbot)
    panel.beat()
    await until(lambda: not panel.context.is_busy)
    scene.tell_book("ETH", mid=3_432.0)
    panel.beat()
    assert len(panel.course("ETH")) >= 2
    assert len(scene.market_data.asked) == 1
    for minute in range(4):
        # What streams in meanwhile is no history.
        scene.tell_candle("ETH", Interval.M1, NOW - (3 - minute) * 60_000, 3_430.0)
    scene.market_data.failure = None
    scene.pass_time(RETRY_SECONDS)
    panel.beat()
    await until(lambda: len(panel.course("ETH")) > 20)
    await panel.context.close()


async def test_candles_of_a_coin_that_left_the_list_are_let_go(qtbot: Any) -> None:
    scene = MarketScene()
    panel = opened(scene, qtbot)
    panel.beat()
    await until(lambda: scene.desk.charts.has("SOL", Interval.M1) and not panel.context.is_busy)
    market = scene.desk.settings.market.model_copy(update={"watchlist": ("ETH",)})
    panel.context.apply_settings(scene.desk.settings.model_copy(update={"market": market}))
    panel.beat()
    for interval in list(Interval)[-KEPT:]:
        await scene.desk.charts.show("ETH", interval, viewer="somebody")
    scene.desk.charts.leave("somebody")
    assert {one for one in scene.market_data.candles_watched if one[1] is Interval.M1} == {("ETH", Interval.M1)}
    assert not scene.desk.charts.has("SOL", Interval.M1)
    await panel.context.close()


def test_colours_follow_what_is_written(qtbot: Any) -> None:
    panel = opened(MarketScene(), qtbot)
    theme = panel.theme
    tones = [panel._tone("5S", text) for text in ("+0.01%", "-0.01%", "0.00%")]
    assert tones == [theme.up, theme.down, theme.muted]
    assert panel._tone("MARK", "3,434.6") == theme.text
