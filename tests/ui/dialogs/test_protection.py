"""The choice for one position is a whole policy, or the settings', or nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.trading.protection.policy import Policy, StopKind
from hlmaster.trading.protection.protector import Shield, Standing
from hlmaster.ui.dialogs.protection import FOR_ALL, ProtectionDialog
from hlmaster.ui.theme import theme

D = Decimal
Choice = tuple[Policy | None, bool]


def dialog_of(qtbot: QtBot, *, has_others: bool = False, **policy: object) -> tuple[ProtectionDialog, list[Choice]]:
    chosen = Policy.model_validate(policy)
    shield = Shield(Standing.COVERED, chosen, chosen.words, D(1), D(2940), 0.0, has_others)
    dialog = ProtectionDialog("Protection of long 1 ETH", "All of it.", shield, theme("dark"))
    qtbot.addWidget(dialog)
    said: list[Choice] = []
    dialog.chosen.connect(lambda policy, take_over: said.append((policy, take_over)))
    dialog.open()
    return dialog, said


def test_what_is_typed_is_the_policy(qtbot: QtBot) -> None:
    dialog, said = dialog_of(qtbot)
    dialog.form.row("stop").editor.set_value(StopKind.CHANDELIER)
    dialog.form.row("take_profits").editor.set_value(("1:50", "2:25"))
    dialog.apply_button.click()
    assert said == [(Policy(stop=StopKind.CHANDELIER, take_profits=("1:50", "2:25")), False)]


def test_one_stop_price_is_kept_and_can_be_taken_away(qtbot: QtBot) -> None:
    dialog, said = dialog_of(qtbot, stop_price=D(2900))
    dialog.form.row("stop_price").editor.set_value(None)
    dialog.apply_button.click()
    assert said == [(Policy(), False)]


def test_what_only_one_position_has_comes_first(qtbot: QtBot) -> None:
    dialog, said = dialog_of(qtbot)
    places = [dialog.form.row(key).y() for key in ("stop_price", "target_price", "stop", "stop_percent")]
    assert places == sorted(places)
    dialog.form.row("target_price").editor.set_value(D(3600))
    dialog.apply_button.click()
    assert said == [(Policy(target_price=D(3600)), False)]


def test_the_settings_can_decide_again(qtbot: QtBot) -> None:
    dialog, said = dialog_of(qtbot, stop_percent=D(7))
    dialog.default_button.click()
    assert said == [(None, False)]


def test_stops_placed_by_hand_are_replaced_only_when_asked(qtbot: QtBot) -> None:
    dialog, said = dialog_of(qtbot, has_others=True)
    assert dialog.take_over.isVisible()
    dialog.take_over.setChecked(True)
    dialog.apply_button.click()
    assert said == [(Policy(), True)]


@pytest.mark.parametrize(("field", "value"), [("stop_percent", "90"), ("take_profits", ("2:50", "1:50"))])
def test_what_is_not_allowed_cannot_be_applied(qtbot: QtBot, field: str, value: object) -> None:
    dialog, said = dialog_of(qtbot)
    dialog.form.row(field).editor.set_value(value)
    assert not dialog.apply_button.isEnabled()
    assert dialog.message.text() == "One value is not allowed."
    dialog.reject()
    assert said == []


def test_what_concerns_all_positions_is_not_asked(qtbot: QtBot) -> None:
    dialog, _ = dialog_of(qtbot)
    assert not dialog.take_over.isVisible()
    assert not any(dialog.form.row(key).isVisible() for key in FOR_ALL)
