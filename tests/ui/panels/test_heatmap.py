"""The heat map begins when it is looked at, shows what is under the mouse, and picks prices for the ticket."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent

from hlmaster.core.model import Side
from hlmaster.ui.panels.heatmap import HeatmapPanel
from hlmaster.ui.theme import theme
from tests.ui.flow.scene import followed, go_on
from tests.ui.market_desk import MarketScene, open_context, shown


def opened(scene: MarketScene, qtbot: Any, coin: str = "ETH") -> HeatmapPanel:
    panel = HeatmapPanel(open_context(scene, qtbot, coin))
    shown(panel, qtbot, 420, 400)
    panel.grab()
    return panel


def lights(panel: HeatmapPanel) -> int:
    """Different colours in the plot's last column."""
    image = panel.grab().toImage()
    x = int(panel.plot.right()) - 2
    return len({image.pixel(x, y) for y in range(int(panel.plot.height()))})


def test_looking_begins_it_and_before_the_first_price_it_waits(qtbot: Any) -> None:
    scene = MarketScene()
    panel = opened(scene, qtbot)
    assert not scene.desk.flow.coins
    scene.connect()
    scene.tell_context()
    scene.tell_book()
    panel.grab()
    assert scene.desk.flow.coins == ("ETH",)
    go_on(scene)
    assert lights(panel) > 5


def test_under_the_mouse_stand_time_price_size_and_trades(qtbot: Any) -> None:
    scene, flow = followed()
    panel = opened(scene, qtbot)
    market = scene.desk.feed.market("ETH")
    best = market.book.bids[0]
    y = panel.frame.y_of(flow.grid.units(best.price) + 0.5, panel.plot)
    panel.hover = QPointF(panel.plot.right() - 1, y)
    panel.grab()
    told = panel._painting(None, flow, market).read(panel.hover)  # type: ignore[arg-type]
    assert told[1] == f"{best.price:,.1f}"
    assert told[2].endswith("ETH resting")
    assert told[2] != "0 ETH resting"
    assert any("bought" in line or "sold" in line for line in told[3:])
    panel.hover = QPointF(2, y)
    assert panel._painting(None, flow, market).read(panel.hover)[2] == "no data"  # type: ignore[arg-type]


def test_a_click_picks_the_price_and_a_drag_moves_the_map(qtbot: Any) -> None:
    scene, flow = followed(seconds=90)
    panel = opened(scene, qtbot)
    price = scene.desk.feed.market("ETH").book.bids[2].price
    y = round(panel.frame.y_of(flow.grid.units(price), panel.plot))
    with qtbot.waitSignal(panel.context.price_picked) as picked:
        qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(300, y))
    assert picked.args == ["ETH", price]
    panel._pressed = panel._dragged = QPointF(100, 100)
    panel._drag(QPointF(140, 160))
    assert panel.frame.anchor is not None
    assert not panel.frame.follows_price
    panel.context.actions.run("heatmap.latest")
    assert panel.frame.anchor is None


def test_wheel_keys_buttons_and_actions_zoom(qtbot: Any) -> None:
    scene, _ = followed()
    panel = opened(scene, qtbot)
    zoom = panel.frame.zoom
    qtbot.keyClick(panel, Qt.Key.Key_Plus)
    low = panel.frame.low
    qtbot.keyClick(panel, Qt.Key.Key_Up)
    assert panel.frame.low == low + 4
    panel.closer.click()
    panel.context.actions.run("heatmap.closer")
    assert panel.frame.zoom == zoom - 3
    at, none = QPointF(100, 100), Qt.MouseButton.NoButton
    wheel = QWheelEvent(
        at, at, QPoint(), QPoint(0, -120), none, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False
    )
    panel.wheelEvent(wheel)
    assert panel.frame.zoom == zoom - 2
    rows = panel.frame.row_units
    panel.context.actions.run("heatmap.coarser_rows")
    assert panel.frame.row_units > rows
    panel.grab()


def test_brightness_is_set_by_hand_or_by_itself_and_all_of_it_is_remembered(qtbot: Any) -> None:
    scene, _ = followed()
    panel = opened(scene, qtbot)
    panel.context.actions.run("heatmap.brighter")
    assert panel.brightness.value() == 5
    panel.zoom(False)
    other = opened(scene, qtbot)
    other.restore_state(panel.save_state())
    assert (other.brightness.value(), other.frame.zoom) == (5, panel.frame.zoom)
    other.restore_state({"zoom": 99, "brightness": "much"})
    assert other.frame.zoom == panel.frame.zoom
    other.context.actions.run("heatmap.auto")
    assert panel.brightness.value() == 5 or other.brightness.value() == 0


def test_own_orders_are_lines(qtbot: Any) -> None:
    scene, flow = followed()
    panel = opened(scene, qtbot)
    scene.tell_order(Side.BUY, "3433.5")
    y = round(panel.frame.y_of(flow.grid.units(3433.5) + panel.frame.row_units / 2, panel.plot))
    image = panel.grab().toImage()
    accent = panel.theme.accent
    assert accent in {image.pixelColor(20, y + off).name() for off in (-1, 0, 1)}


def test_another_coin_and_another_theme_are_taken_at_once(qtbot: Any) -> None:
    scene, _ = followed()
    panel = opened(scene, qtbot)
    scene.tell_context("DOGE")
    scene.tell_book("DOGE")
    panel.context.select("DOGE")
    panel.context.set_theme(theme("light"))
    panel.grab()
    go_on(scene, "DOGE", 3)
    assert scene.desk.flow.coins == ("ETH", "DOGE")
    assert lights(panel) > 5
