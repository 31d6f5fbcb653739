"""The order tools on a real desk: what each page means, what it places, and what it will not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Side
from hlmaster.core.orders import TimeInForce
from hlmaster.trading.execution.algorithms.scale import Shape
from hlmaster.trading.risk.safeguards import Safeguards
from hlmaster.ui.dialogs.checklist import Checklist
from hlmaster.ui.panels.tools import ToolsPanel
from tests.ui.desks import UNPROTECTED, TradingScene, confirming, settled, shown, trading, until
from tests.ui.questions import met, on_screen

D = Decimal


def panel_of(scene: TradingScene, qtbot: QtBot, kind: str = "ladder") -> ToolsPanel:
    panel = ToolsPanel(scene.context)
    qtbot.addWidget(panel)
    shown(panel, 284, 560)
    panel.kind.choose(kind)
    panel.refresh()
    return panel


def fill_ladder(panel: ToolsPanel, size: str = "1", near: str = "3400", far: str = "3300", rungs: str = "5") -> None:
    page = panel.ladder
    for field, text in ((page.amount, size), (page.near, near), (page.far, far), (page.rungs, rungs)):
        field.setText(text)


async def test_an_empty_page_asks_for_what_it_needs(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        assert panel.message.text() == "Enter the size."
        assert not panel.submit.isEnabled()
        panel.kind.choose("chase")
        assert panel.message.text() == "Enter the size."
        panel.kind.choose("pair")
        assert panel.message.text() == "Enter the size of each."


async def test_a_ladder_says_what_it_would_do_and_does_it(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill_ladder(panel)
        panel.ladder.shape.choose(Shape.RISING)
        panel.ladder.post_only.setChecked(True)
        assert panel.message.text().startswith("5 orders, $3,3")
        panel.submit.click()
        await settled(scene)
        assert panel.message.text() == "5 orders rest as a ladder."
        live = scene.desk.orders.live()
        assert sum((order.order.size for order in live), D(0)) == D(1)
        assert {order.order.time_in_force for order in live} == {TimeInForce.ALO}
        assert panel.ladder.amount.text() == ""


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"far": "3500"}, "must lie below the first"),
        ({"rungs": "2.5"}, "must be whole"),
        ({"rungs": "400"}, "from 2 to"),
        ({"size": "1,5"}, "two ways"),
        ({"size": "0.01"}, "under the exchange's least"),
    ],
)
async def test_a_ladder_that_cannot_be_says_why(qtbot: QtBot, fields: dict[str, str], words: str) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill_ladder(panel, **fields)
        assert words in panel.message.text()
        assert not panel.submit.isEnabled()


async def test_a_refused_ladder_shows_the_gates_sentence(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill_ladder(panel, size="900")
        panel.submit.click()
        await settled(scene)
        assert panel.message.property("tone") == "down"
        assert scene.venue.sent == []


async def test_a_pair_rests_and_reads_as_it_will_behave(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot, "pair")
        page = panel.pair
        page.amount.setText("0.1")
        page.reduce_only.setChecked(False)
        page.first.side.choose(Side.BUY)
        page.first.price.setText("3300")
        page.second.price.setText("3200")
        assert panel.message.text() == "Buy at 3300, stop sell at 3200: when one trades, the other is cancelled."
        panel.submit.click()
        await settled(scene)
        assert panel.message.text() == "Both orders of the pair stand."
        first, second = scene.desk.orders.live()
        assert scene.desk.tools.partner(first.client_order_id) == second


async def test_a_chase_is_listed_while_it_runs_and_can_be_stopped(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot, "chase")
        panel.chase.amount.setText("0.1")
        panel.chase.limit.setText("3600")
        assert "following it up to 3600 for 120 s" in panel.message.text()
        panel.submit.click()
        await until(scene.desk.orders.live)
        panel.refresh()
        (line,) = panel._shown
        assert line.startswith("ETH: 0 of 0.1 at ")
        panel._stop("ETH")
        await until(lambda: not scene.desk.tools.chases())
        panel.refresh()
        assert panel._shown == ()
        assert scene.desk.orders.live() == []


async def test_where_orders_are_confirmed_the_first_click_only_asks(qtbot: QtBot) -> None:
    async with trading(settings=confirming()) as scene:
        panel = panel_of(scene, qtbot)
        fill_ladder(panel)
        panel.submit.click()
        assert panel.submit.is_armed
        assert scene.venue.sent == []


async def test_another_coin_empties_the_page(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill_ladder(panel)
        scene.context.select("BTC")
        assert panel.ladder.near.text() == ""
        assert panel.ladder.rungs.text() == "5"


async def test_what_may_open_something_asks_the_checklist(qtbot: QtBot) -> None:
    asking = UNPROTECTED.model_copy(update={"safeguards": Safeguards(checklist=("The stop is set.",))})
    async with trading(settings=asking) as scene:
        panel = panel_of(scene, qtbot)
        for ticked, edited in ((False, False), (True, True), (True, False)):
            fill_ladder(panel)
            panel.submit.click()
            dialog = await met(Checklist)
            if edited:
                panel.ladder.amount.setText("2")
            dialog.boxes[0].setChecked(ticked)
            (dialog.yes if ticked else dialog.no).click()
            await settled(scene)
            await until(lambda: on_screen(Checklist) is None)
            assert bool(scene.desk.orders.live()) == (ticked and not edited)
        assert "the checklist is not ticked" in scene.sentences()
        assert "the form changed while the checklist was asked" in scene.sentences()
