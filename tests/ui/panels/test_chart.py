"""The chart panel follows coin, timeframe, candles and the trader's own orders and position."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow

from hlmaster.core.candles import CandleBlock
from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.events import FillsReported
from hlmaster.core.model import Interval, Side
from hlmaster.core.orders import Fill, Trigger, TriggerKind
from hlmaster.desk.charts import FIRST_ROWS, OLDER_ROWS
from hlmaster.ui.dock import PanelDock
from hlmaster.ui.panels.chart import MOST_STEPS, ChartPanel
from tests.ui.market_desk import NOW, D, MarketScene, open_context, shown, until


async def opened(scene: MarketScene, qtbot: Any) -> ChartPanel:
    panel = ChartPanel(open_context(scene, qtbot))
    shown(panel, qtbot, 900, 500)
    await until(lambda: not panel.context.is_busy)
    return panel


def times(panel: ChartPanel) -> list[int]:
    return [int(time) for time in panel.chart.frame.series.time]


def held(scene: MarketScene, panel: ChartPanel) -> list[int]:
    series = scene.desk.feed.market(panel.coin).series(panel.interval)
    assert series is not None
    return [int(time) for time in series.block().time_ms]


def kinds(panel: ChartPanel) -> list[tuple[str, float]]:
    return [(line.kind, line.price) for line in panel.chart.frame.lines]


async def test_history_is_drawn_as_it_is_held_and_the_title_names_the_market(qtbot: Any) -> None:
    scene = MarketScene()
    panel = await opened(scene, qtbot)
    assert len(times(panel)) >= FIRST_ROWS
    assert times(panel) == held(scene, panel)
    assert panel.TITLE == "ETH-PERP"
    assert [study.title for study in panel.chart.frame.studies.values()] == ["EMA 9", "EMA 21"]
    assert panel.chart.frame.decimals == 1
    await panel.context.close()


async def test_coin_and_timeframe_are_followed(qtbot: Any) -> None:
    scene = MarketScene()
    panel = await opened(scene, qtbot)
    titles: list[str] = []
    panel.retitled.connect(titles.append)
    panel.context.select("BTC")
    panel.context.choose_interval(Interval.H1)
    await until(lambda: not panel.context.is_busy)
    assert titles == ["BTC-PERP"]
    assert times(panel)[-1] - times(panel)[-2] == Interval.H1.ms
    assert scene.market_data.asked[-1][:2] == ("BTC", Interval.H1)
    assert ("BTC", Interval.H1) in scene.market_data.candles_watched
    await panel.context.close()


async def test_buttons_and_menu_choose_the_timeframe(qtbot: Any) -> None:
    scene = MarketScene()
    panel = await opened(scene, qtbot)
    bar = panel.bar
    qtbot.mouseClick(bar.buttons[Interval.M5], Qt.MouseButton.LeftButton)
    assert bar.buttons[Interval.M5].isChecked()
    bar.actions_by_interval[Interval.W1].trigger()
    assert panel.interval is Interval.W1
    assert bar.more.text() == "1w ▾"
    assert not any(button.isChecked() for button in bar.buttons.values())
    await until(lambda: not panel.context.is_busy)
    await panel.context.close()


@pytest.mark.parametrize("missed", [1, 3, MOST_STEPS + 10])
async def test_candles_that_came_while_the_panel_was_hidden_are_all_there(qtbot: Any, missed: int) -> None:
    scene = MarketScene()
    scene.tell_book("ETH")
    panel = await opened(scene, qtbot)
    panel.hide()
    last = held(scene, panel)[-1]
    for n in range(missed + 1):
        scene.pass_time(60 if n else 0)
        scene.tell_candle("ETH", Interval.M1, last + n * 60_000, 3_434.0 + n / 100)
    panel.show()
    await until(lambda: times(panel) == held(scene, panel))
    assert times(panel)[-1] == last + missed * 60_000
    series = panel.chart.frame.series
    block = scene.desk.feed.market("ETH").series(Interval.M1).block()  # type: ignore[union-attr]
    np.testing.assert_array_equal(series.field("close"), block.close)
    grown = series.field("ema-1.ema").copy()
    panel.studies.engine.begin()
    np.testing.assert_array_equal(grown, series.field("ema-1.ema"))
    await panel.context.close()


async def test_older_candles_are_laid_before_without_moving_the_picture(qtbot: Any) -> None:
    scene = MarketScene()
    panel = await opened(scene, qtbot)
    panel.chart.pan(-800)
    before, shown_ms = len(times(panel)), panel.chart.frame.view.left
    panel.chart.pan(-600)
    await until(lambda: len(times(panel)) > before)
    added = len(times(panel)) - before
    assert added == OLDER_ROWS
    assert panel.chart.frame.view.left == pytest.approx(shown_ms - 600 + added, abs=0.5)
    assert times(panel) == held(scene, panel)
    await until(lambda: not panel.studies.engine.is_busy)
    assert np.isfinite(panel.chart.frame.series.field("ema-2.ema")[20:]).all()
    await panel.context.close()


async def test_when_the_venue_has_no_more_the_chart_does_not_ask_again(qtbot: Any) -> None:
    scene = MarketScene()
    scene.market_data.oldest_ms = NOW - 100 * 60_000
    panel = await opened(scene, qtbot)
    for _ in range(3):
        panel.chart.pan(-40)
        await until(lambda: not panel.context.is_busy)
    assert len(scene.market_data.asked) == 2
    await panel.context.close()


async def test_a_market_without_history_shows_the_first_candle_it_makes(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*_: object) -> CandleBlock:
        return CandleBlock.empty()

    scene = MarketScene()
    monkeypatch.setattr(scene.market_data, "candles", none)
    scene.tell_book("ETH")
    panel = await opened(scene, qtbot)
    assert times(panel) == []
    scene.tell_candle("ETH", Interval.M1, NOW // 60_000 * 60_000, 3_434.0)
    await until(lambda: times(panel) == [NOW // 60_000 * 60_000])
    await panel.context.close()


async def test_a_failed_history_says_why_and_can_be_tried_again(qtbot: Any) -> None:
    scene = MarketScene()
    scene.market_data.failure = VenueUnreachable("The exchange does not answer.", "Check the connection.")
    panel = await opened(scene, qtbot)
    assert panel.trouble.isVisible()
    assert panel.trouble.sentence.text() == "The exchange does not answer. Check the connection."
    scene.market_data.failure = None
    qtbot.mouseClick(panel.trouble.retry, Qt.MouseButton.LeftButton)
    await until(lambda: bool(times(panel)))
    assert not panel.trouble.isVisible()
    await panel.context.close()


async def test_it_waits_for_the_venues_list_and_then_loads(qtbot: Any) -> None:
    scene = MarketScene(listed=False)
    panel = await opened(scene, qtbot)
    assert not scene.market_data.asked
    scene.list_coins()
    await until(lambda: bool(times(panel)))
    await panel.context.close()


async def test_position_orders_stops_and_take_profits_are_lines(qtbot: Any) -> None:
    scene = MarketScene()
    scene.tell_context("ETH")
    panel = await opened(scene, qtbot)
    scene.tell_order(Side.BUY, "3400")
    scene.tell_order(Side.SELL, "3400", "0.42", Trigger(D("3410"), TriggerKind.STOP, True))
    scene.tell_order(Side.SELL, "3500", "0.42", Trigger(D("3490"), TriggerKind.TAKE_PROFIT, False))
    bought = Fill("ETH", Side.BUY, D("3427.6"), D("0.42"), NOW, 1, 1, None, D("0.5"), D(0), D(0), False)
    scene.bus.publish(FillsReported((bought,)))
    expected = [("order_buy", 3400.0), ("stop", 3410.0), ("take_profit", 3490.0), ("position", 3427.6)]
    await until(lambda: kinds(panel) == expected)
    pills = {line.kind: line.pill for line in panel.chart.frame.lines}
    told = {kind: [cell.text for cell in pill.cells] for kind, pill in pills.items() if pill is not None}
    assert told["position"] == ["0.42 @ 3,427.6", "+0.20%", "+$2.94"]
    assert told["stop"] == ["0.42", "-0.72%", "-$8.54"]
    assert told["take_profit"] == ["0.42 @ 3,500.0", "+1.61%", "+$25.49"]
    panel.context.select("BTC")
    assert kinds(panel) == []
    await until(lambda: not panel.context.is_busy)
    await panel.context.close()


async def test_the_beat_tells_the_countdown_and_whether_the_data_may_be_trusted(qtbot: Any) -> None:
    scene = MarketScene()
    scene.connect()
    scene.tell_context("ETH")
    scene.tell_book("ETH")
    panel = await opened(scene, qtbot)
    panel.beat()
    assert panel.chart.frame.countdown == "01:00"
    assert panel.chart.frame.stale is None
    scene.pass_time(20)
    panel.beat()
    assert panel.chart.frame.countdown == "00:40"
    assert panel.chart.frame.stale == scene.desk.feed.market("ETH").stale_for_entries
    await panel.context.close()


async def test_older_candles_that_failed_can_be_asked_for_again_where_one_stands(qtbot: Any) -> None:
    scene = MarketScene()
    panel = await opened(scene, qtbot)
    before = len(times(panel))
    scene.market_data.failure = VenueUnreachable("The exchange does not answer.")
    panel.chart.pan(-1_380)
    await until(panel.trouble.isVisible)
    behind = panel._slots_behind()
    assert len(scene.market_data.asked) == 2
    scene.market_data.failure = None
    qtbot.mouseClick(panel.trouble.retry, Qt.MouseButton.LeftButton)
    await until(lambda: len(times(panel)) > before)
    assert panel._slots_behind() == pytest.approx(behind)
    assert not panel.trouble.isVisible()
    await panel.context.close()


async def test_a_price_scale_set_by_hand_outlasts_candles_that_are_drawn_whole_again(qtbot: Any) -> None:
    scene = MarketScene()
    scene.tell_book("ETH")
    panel = await opened(scene, qtbot)
    panel.chart.set_auto_scale(False)
    panel.chart.frame.prices.stretch(2.0)
    scale = (panel.chart.frame.low, panel.chart.frame.high)
    panel.hide()
    last = held(scene, panel)[-1]
    for n in range(MOST_STEPS + 10):
        scene.pass_time(60 if n else 0)
        scene.tell_candle("ETH", Interval.M1, last + n * 60_000, 3_434.0)
    panel.show()
    await until(lambda: times(panel) == held(scene, panel))
    assert (panel.chart.frame.low, panel.chart.frame.high) == scale
    found = [panel.chart.frame.auto_scale]
    panel.context.select("BTC")
    assert [*found, panel.chart.frame.auto_scale] == [False, True]
    await panel.context.close()


async def test_a_chart_that_nobody_sees_is_drawn_once_when_it_is_seen(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = MarketScene()
    panel = await opened(scene, qtbot)
    drawn = list[int]()
    draw = panel.chart.set_series

    def counted(*series: Any) -> None:
        drawn.append(len(series[0]))
        draw(*series)

    monkeypatch.setattr(panel.chart, "set_series", counted)
    panel.hide()
    for interval in (Interval.M5, Interval.H1, Interval.M1):
        panel.choose_interval(interval)
    assert drawn == []
    panel.show()
    assert drawn == [len(held(scene, panel))]
    await panel.context.close()


async def test_history_is_asked_for_when_it_is_seen(qtbot: Any) -> None:
    scene = MarketScene()
    panel = ChartPanel(open_context(scene, qtbot))
    qtbot.addWidget(panel)
    panel.context.select("BTC")
    assert not panel.context.is_busy
    panel.show()
    await until(lambda: len(times(panel)) >= FIRST_ROWS)
    assert {coin for coin, *_ in scene.market_data.asked} == {"BTC"}
    await panel.context.close()


async def test_its_dock_carries_the_title(qtbot: Any) -> None:
    scene = MarketScene()
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = PanelDock(ChartPanel(open_context(scene, qtbot)), "chart", window)
    assert dock.windowTitle() == "ETH-PERP"
    dock.panel.context.select("BTC")
    assert dock.windowTitle() == "BTC-PERP"
    await until(lambda: not dock.panel.context.is_busy)
    await dock.panel.context.close()


async def test_the_time_zone_follows_the_settings(qtbot: Any) -> None:
    scene = MarketScene()
    panel = await opened(scene, qtbot)
    settings = scene.desk.settings
    general = settings.general.model_copy(update={"time_zone": "utc"})
    panel.context.apply_settings(settings.model_copy(update={"general": general}))
    assert panel.chart.frame.zone.zone is UTC
    await panel.context.close()


async def test_nobody_waits_for_candles_that_are_not_looked_at_any_more(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = MarketScene()
    panel = await opened(scene, qtbot)
    asked: list[str] = []

    async def wait(coin: str, *_: object) -> CandleBlock:
        asked.append(coin)
        await asyncio.Event().wait()
        return CandleBlock.empty()

    monkeypatch.setattr(scene.market_data, "candles", wait)
    for coin in ("BTC", "ETH", "BTC"):
        panel.context.choose_interval(Interval.H1 if coin == "BTC" else Interval.H4)
        panel.context.select(coin)
        await asyncio.sleep(0)
    await until(lambda: asked)
    await until(lambda: len(panel.context._tasks) == 1)
    panel.release()
    await until(lambda: not panel.context.is_busy)
    await panel.context.close()


async def test_each_change_of_what_a_chart_remembers_is_told(qtbot: Any) -> None:
    panel = await opened(MarketScene(), qtbot)
    told: list[dict[str, Any]] = []
    panel.memory_changed.connect(lambda: told.append(panel.save_state()))
    panel.studies.add("rsi")
    panel.set_log_scale(True)
    panel.flow.switch("flow_delta", True)
    assert len(told) == 3
    assert [state["log_scale"] for state in told] == [False, True, True]
    assert told[-1]["flow"]["on"] == ["flow_delta"]
    panel.context.actions.run("chart.log_scale")
    assert told.pop()["log_scale"] is False
    panel.chart._move_border("volume", panel.chart.frame.volume_pane.top() + 20)
    assert told.pop()["panes"] != told[-1]["panes"]
    changes: tuple[Callable[[], None], ...] = (
        lambda: panel.choose_interval(Interval.M5),
        lambda: panel.join("blue"),
        lambda: panel.select("BTC"),
        lambda: panel.share_interval(False),
    )
    for change in changes:
        before = len(told), panel.save_link()
        change()
        assert len(told) > before[0]
        assert panel.save_link() != before[1]
    await panel.context.close()
