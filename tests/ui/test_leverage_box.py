"""What a leverage would change, in words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.trading.portfolio import PositionView
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind, draft
from hlmaster.ui.leverage_box import LeverageBox, effect, position_effect
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


def held(size: str = "1", leverage: Leverage | None = None, liquidation: str = "2750") -> PositionView:
    return PositionView(
        coin="ETH",
        size=D(size),
        entry_price=D(3000),
        mark_price=D(3000),
        notional=D(3000),
        leverage=leverage,
        liquidation_price=D(liquidation),
        unrealised=D(0),
        return_fraction=D(0),
        margin_used=D(300),
        funding=D(0),
        fees=D(0),
        realised=D(0),
        opened_ms=1,
    )


def test_a_lower_isolated_leverage_moves_the_liquidation_of_what_is_open_away() -> None:
    now = scene(position=D(1), leverage=Leverage(ISOLATED, 10))
    text = position_effect(held(), now, Leverage(ISOLATED, 5))
    assert "$300.00 more margin is set aside" in text
    was, becomes = (float(word.split(".")[0].replace(",", "")) for word in text.split("liquidation ")[1].split(" → "))
    assert (was, becomes < 2500) == (2750, True)


def test_a_higher_isolated_leverage_leaves_an_open_position_its_margin() -> None:
    now = scene(position=D(1), leverage=Leverage(ISOLATED, 10))
    text = position_effect(held(), now, Leverage(ISOLATED, 20))
    assert "keeps its margin of $300.00; its liquidation price 2,750.0 stays" in text


def test_cross_leverage_changes_margin_and_no_liquidation_price() -> None:
    now = scene(position=D(-1), leverage=Leverage(CROSS, 10))
    text = position_effect(held("-1", Leverage(CROSS, 10), "4000"), now, Leverage(CROSS, 5))
    assert "short 1: margin $300.00 → $600.00; its liquidation price 4,000.0 stays" in text
    assert "fixed while it is open" in text


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
