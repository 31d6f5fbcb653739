"""Open positions on a real desk: figures, sums, and the two ways out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind, Order
from hlmaster.settings import Settings
from hlmaster.trading.protection.policy import Policy, StopKind
from hlmaster.trading.risk.safeguards import Safeguards
from hlmaster.trading.ticket import SizeUnit, Target, Ticket, TicketKind
from hlmaster.ui import figures
from hlmaster.ui.dialogs.checklist import Checklist
from hlmaster.ui.dialogs.protection import ProtectionDialog
from hlmaster.ui.panels import positions
from hlmaster.ui.panels.positions import PositionsPanel
from tests.ui.desks import UNPROTECTED, TradingScene, confirming, settled, shown, trading, until
from tests.ui.panels.rows import text
from tests.ui.questions import met, on_screen, words

D = Decimal


async def opened(scene: TradingScene, coin: str = "ETH", side: Side = Side.BUY, size: str = "0.42") -> None:
    outcome = await scene.desk.manual.place(Ticket(coin, side, TicketKind.MARKET, SizeUnit.COIN, D(size)))
    assert outcome.ok, outcome.sentence
    await scene.account_told()


def panel_of(scene: TradingScene, qtbot: QtBot) -> PositionsPanel:
    panel = PositionsPanel(scene.context)
    qtbot.addWidget(panel)
    shown(panel)
    return panel


def acted(panel: PositionsPanel, name: str) -> None:
    panel.table.setCurrentIndex(panel.model.index(0, 0))
    cell = panel.model.cell(0, len(panel.model.columns) - 1)
    panel.table.press(panel.model.key_at(0), next(action for action in cell.actions if action.name == name))


def exits(scene: TradingScene) -> list[tuple[Side, Decimal, bool]]:
    orders = [p.orders[0] for p in scene.venue.sent if p.kind is ActionKind.ORDER]
    return [(order.side, order.size, order.reduce_only) for order in orders][1:]


async def test_a_position_shows_its_side_and_its_money(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        counts: list[int] = []
        panel.counted.connect(counts.append)
        await opened(scene)
        scene.tell("ETH", 3_444.6)
        await scene.account_told()
        panel.model.touch()
        panel.model.flush()
        assert text(panel, "ETH", "coin") == "ETH LONG 5×"
        assert text(panel, "ETH", "size") == "0.42"
        assert text(panel, "ETH", "mark") == "3,444.6"
        assert text(panel, "ETH", "unrealised").startswith("+$4.")
        assert counts[-1] == 1
        assert panel.totals is not None
        assert panel.totals.sums["unrealised"].text.startswith("+$4.")
        [view] = panel.model.rows()
        assert view.net == view.unrealised - view.fees + view.realised + view.funding < view.unrealised
        assert panel.totals.sums["net"].text == text(panel, "ETH", "net")
        assert text(panel, "ETH", "notional") == "$1,446.73"
        assert text(panel, "ETH", "move").startswith("+0.")


async def test_a_short_moves_against_its_price(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        await opened(scene, side=Side.SELL)
        scene.tell("ETH", 3_500.0)
        await until(lambda: text(panel, "ETH", "mark") == "3,500.0")
        assert text(panel, "ETH", "move").startswith("-")


async def test_no_liquidation_price_is_an_answer_only_once_the_exchange_has_stated_the_position(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        await opened(scene)
        await scene.account_told()
        [view] = scene.desk.portfolio.positions()
        untold = replace(view, liquidation_price=None, margin_used=None)
        covered = replace(view, liquidation_price=None, margin_used=D(288))
        assert [panel._liquidation(row).text for row in (untold, covered)] == [figures.UNKNOWN, "none"]
        hint = next(column.hint for column in panel.model.columns if column.key == "liquidation")
        assert hint is not None
        assert "% away" in hint(view)
        assert "covers the whole" in hint(covered)


async def test_marks_move_an_open_position_on_screen(qtbot: QtBot) -> None:
    async with trading() as scene:
        await opened(scene)
        panel = panel_of(scene, qtbot)
        before = text(panel, "ETH", "mark")
        scene.tell("ETH", 3_500.0)
        await until(lambda: text(panel, "ETH", "mark") == "3,500.0")
        assert before != "3,500.0"


async def test_the_sums_are_unknown_when_one_part_is(qtbot: QtBot) -> None:
    async with trading() as scene:
        await opened(scene)
        scene.venue.held.clear()
        await scene.account_told()
        panel = panel_of(scene, qtbot)
        panel.model.flush()
        assert panel.totals is not None
        assert panel.totals.sums["margin"].text == "–"


async def test_close_sends_one_reduce_only_order_however_often_it_is_pressed(qtbot: QtBot) -> None:
    async with trading() as scene:
        await opened(scene)
        panel = panel_of(scene, qtbot)
        scene.venue.gate.clear()
        acted(panel, "close")
        assert text(panel, "ETH", "actions") == "closing ..."
        panel.close_part("ETH", 100)
        panel.close_part("ETH", 25)
        scene.venue.gate.set()
        await settled(scene)
        assert exits(scene) == [(Side.SELL, D("0.42"), True)]
        await until(lambda: not panel.model.rows())


@pytest.mark.parametrize(("percent", "size"), [(25, "0.1"), (50, "0.2"), (100, "0.4")])
async def test_a_part_is_closed_by_its_share(qtbot: QtBot, percent: int, size: str) -> None:
    async with trading() as scene:
        await opened(scene, size="0.4")
        panel = panel_of(scene, qtbot)
        panel.close_part("ETH", percent)
        await settled(scene)
        assert exits(scene) == [(Side.SELL, D(size), True)]


async def test_close_asks_back_only_where_the_settings_say_so(qtbot: QtBot) -> None:
    async with trading(settings=confirming()) as scene:
        await opened(scene)
        panel = panel_of(scene, qtbot)
        acted(panel, "close")
        assert not scene.context.is_busy
        acted(panel, "close")
        await settled(scene)
        assert len(exits(scene)) == 1


async def test_reverse_always_asks_back_and_then_turns_the_position(qtbot: QtBot) -> None:
    async with trading() as scene:
        await opened(scene)
        panel = panel_of(scene, qtbot)
        acted(panel, "reverse")
        assert not scene.context.is_busy
        acted(panel, "reverse")
        await settled(scene)
        assert exits(scene) == [(Side.SELL, D("0.42"), True), (Side.SELL, D("0.42"), False)]
        await until(lambda: text(panel, "ETH", "coin").startswith("ETH SHORT"))


def asking() -> Settings:
    return UNPROTECTED.model_copy(update={"safeguards": Safeguards(checklist=("The stop is set.",))})


async def test_a_reversal_is_an_entry_and_asks_the_checklist(qtbot: QtBot) -> None:
    async with trading(settings=asking()) as scene:
        await opened(scene)
        panel = panel_of(scene, qtbot)
        for ticked in (False, True):
            acted(panel, "reverse")
            acted(panel, "reverse")
            dialog = await met(Checklist)
            assert "Reverse long 0.42 ETH" in words(dialog)
            assert panel.model.cell(0, len(panel.model.columns) - 1).actions, "it can be closed meanwhile"
            dialog.boxes[0].setChecked(ticked)
            (dialog.yes if ticked else dialog.no).click()
            await settled(scene)
            await until(lambda: on_screen(Checklist) is None)
            assert len(exits(scene)) == 2 * ticked
        assert "the checklist is not ticked" in scene.sentences()


async def test_a_position_that_was_closed_while_it_was_asked_is_not_reversed(qtbot: QtBot) -> None:
    async with trading(settings=asking()) as scene:
        await opened(scene)
        panel = panel_of(scene, qtbot)
        acted(panel, "reverse")
        acted(panel, "reverse")
        dialog = await met(Checklist)
        await scene.desk.manual.close("ETH")
        dialog.boxes[0].setChecked(True)
        dialog.yes.click()
        await settled(scene)
        assert "position changed while the checklist was asked" in scene.sentences()
        assert len(exits(scene)) == 1


async def test_the_delete_key_closes_the_current_row(qtbot: QtBot) -> None:
    async with trading() as scene:
        await opened(scene)
        panel = panel_of(scene, qtbot)
        panel.table.setCurrentIndex(panel.model.index(0, 0))
        QTest.keyClick(panel.table, Qt.Key.Key_Delete)
        await settled(scene)
        assert len(exits(scene)) == 1


async def test_a_refused_close_says_why_and_gives_the_buttons_back(qtbot: QtBot) -> None:
    async with trading() as scene:
        await opened(scene)
        panel = panel_of(scene, qtbot)
        scene.venue.loses_answers = True
        acted(panel, "close")
        await settled(scene)
        assert text(panel, "ETH", "actions") == ""
        assert panel.model.cell(0, len(panel.model.columns) - 1).actions
        assert scene.notices


async def test_opening_a_row_selects_its_coin(qtbot: QtBot) -> None:
    async with trading("ETH", "SOL") as scene:
        await opened(scene, "SOL", Side.SELL, "3")
        panel = panel_of(scene, qtbot)
        panel.table.opened.emit("SOL")
        assert scene.context.coin == "SOL"


# --- protection ---


async def test_the_stop_of_a_position_is_shown_with_its_price(qtbot: QtBot) -> None:
    async with trading(settings=Settings()) as scene:
        panel = panel_of(scene, qtbot)
        await opened(scene)
        await until(lambda: text(panel, "ETH", "protection").startswith("2 % stop · 3,"))


async def test_a_bracket_shows_as_the_tickets_own(qtbot: QtBot) -> None:
    async with trading(settings=Settings()) as scene:
        panel = panel_of(scene, qtbot)
        exits = {"stop_price": D(3300), "attach_stop": True, "targets": (Target(D(3600)),)}
        bracket = Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.42"), **exits)  # type: ignore[arg-type]
        assert (await scene.desk.manual.place(bracket)).ok
        await scene.account_told()
        await until(lambda: text(panel, "ETH", "protection") == "ticket's stop · 3,300.0")
        column = next(i for i, c in enumerate(panel.model.columns) if c.key == "protection")
        told = panel.model.index(0, column).data(Qt.ItemDataRole.ToolTipRole)
        assert told.endswith("Its target is 3,600.0.")


async def test_a_position_names_who_opened_it(qtbot: QtBot) -> None:
    async with trading("ETH", "SOL") as scene:
        panel = panel_of(scene, qtbot)
        await opened(scene)
        scene.venue.fill(Order("SOL", Side.BUY, D(3), D(241)), 77, D(241))
        await scene.account_told()
        assert (text(panel, "ETH", "source"), text(panel, "SOL", "source")) == ("manual", "elsewhere")


async def test_a_position_whose_stop_is_late_is_red_and_one_that_needs_none_says_so(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        await opened(scene)
        assert text(panel, "ETH", "protection") == "no stop"
        scene.venue.gate.clear()
        assert scene.desk.protect("ETH", Policy()).ok
        await until(lambda: scene.desk.orders.unsettled("ETH"))
        panel.model.refresh()
        assert text(panel, "ETH", "protection") == "placing a stop ..."
        monkeypatch.setattr(positions, "ON_ITS_WAY_SECONDS", 0)
        panel.model.refresh()
        assert text(panel, "ETH", "protection") == "unprotected 0 s"


async def test_a_policy_is_chosen_for_one_position_without_a_nested_loop(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        await opened(scene)
        panel.choose_protection("ETH")
        dialog = panel.findChild(ProtectionDialog)
        assert isinstance(dialog, ProtectionDialog)
        dialog.form.row("stop").editor.set_value(StopKind.PERCENT)
        dialog.form.row("stop_percent").editor.set_value(D(3))
        dialog.apply_button.click()
        await until(lambda: text(panel, "ETH", "protection").startswith("3 % stop"))
        assert "ETH: 3 % stop." in scene.sentences()
