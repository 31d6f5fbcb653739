"""What a leverage would change, in words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind, draft
from hlmaster.ui.leverage_box import LeverageBox, effect
from tests.trading.scenes import scene

D = Decimal
CROSS, ISOLATED = MarginMode.CROSS, MarginMode.ISOLATED
TICKET = Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D(1), D(2990))


def test_an_isolated_order_names_margin_and_liquidation_before_and_after() -> None:
    now = scene(leverage=Leverage(ISOLATED, 5))
    text = effect(now, Leverage(ISOLATED, 10), TICKET, draft(TICKET, now, D("0.01")).orders)
    assert "margin $598.00 → $299.00" in text
    was, becomes = (float(word.replace(",", "").rstrip(".")) for word in text.split("liquidation ")[1].split(" → "))
    assert was < becomes < 2990, "a higher leverage is liquidated nearer to its entry"


def test_without_an_order_isolated_margin_names_the_distance() -> None:
    assert "about 8.2% below its entry" in effect(scene(), Leverage(ISOLATED, 10), None, ())


def test_without_an_order_cross_margin_explains_itself() -> None:
    assert "the whole account backs it" in effect(scene(), Leverage(CROSS, 10), None, ())


def test_an_open_position_is_spoken_of() -> None:
    assert "Your open position" in effect(scene(position=D(1)), Leverage(CROSS, 10), None, ())


@pytest.mark.parametrize(("position", "switchable"), [("0", True), ("1", False)])
def test_the_mode_can_be_switched_only_without_a_position(qtbot: QtBot, position: str, switchable: bool) -> None:
    box = LeverageBox()
    qtbot.addWidget(box)
    box.open_for(scene(position=D(position)))
    assert box.mode.button(ISOLATED).isEnabled() is switchable
    assert box.number.maximum() == 25


def test_only_a_change_can_be_applied(qtbot: QtBot) -> None:
    box, wanted = LeverageBox(), list[Leverage]()
    qtbot.addWidget(box)
    box.wanted.connect(wanted.append)
    now = scene()
    box.open_for(now)
    box.show_effect(now, None, ())
    assert not box.apply.isEnabled()
    box.slider.setValue(7)
    box.show_effect(now, None, ())
    box.apply.click()
    assert wanted == [Leverage(CROSS, 7)]
