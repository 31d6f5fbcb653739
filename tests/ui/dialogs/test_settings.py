from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.core.bus import Bus
from hlmaster.core.model import Mode
from hlmaster.settings import Settings
from hlmaster.trading.protection.policy import StopKind
from hlmaster.ui.bridge import Bridge
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.settings import SettingsDialog
from hlmaster.ui.theme import theme


class Limits:
    """Every change of the largest order waits."""

    def notes(self, wanted: Settings) -> dict[str, str]:
        return {"risk.max_order_value_usd": "takes effect 22 Nov 00:00 UTC; until then 5000"}


class Desk(SimpleNamespace):
    mode = Mode.DEMO
    limits = Limits()
    portfolio = SimpleNamespace(equity=Decimal(100))

    def apply_settings(self, settings: Settings) -> None:
        self.settings = settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "settings.toml"
    made.write_text("[risk]\nmax_order_value_usd = 5000\n")
    return made


@pytest.fixture
def dialog(qtbot: QtBot, file: Path) -> SettingsDialog:
    settings, origins = Settings.load(file, {"HLM_DEMO__SEED": "9"}, ["general.confirm_orders=true"])
    context = Context(cast(Any, Desk(settings=settings)), Bridge(Bus()), theme("dark"))
    made = SettingsDialog(context, file, origins)
    qtbot.addWidget(made)
    return made


def put(dialog: SettingsDialog, key: str, text: str) -> None:
    editor: Any = dialog.form.row(key).editor
    editor.line.setText(text)


def test_a_looser_limit_is_said_to_wait_before_it_is_applied(dialog: SettingsDialog) -> None:
    put(dialog, "risk.max_order_value_usd", "9000")
    assert dialog.message.text().startswith("1 change.")
    assert "takes effect 22 Nov 00:00 UTC; until then 5000." in dialog.message.text()


def test_limits_that_leave_nothing_to_trade_are_told_of(dialog: SettingsDialog) -> None:
    put(dialog, "risk.max_position_percent", "1")
    assert "nothing can be opened with $100.00" in dialog.message.text()


def test_applying_writes_the_file_and_puts_the_settings_in_force(
    qtbot: QtBot, dialog: SettingsDialog, file: Path
) -> None:
    put(dialog, "risk.price_band_percent", "7")
    with qtbot.waitSignal(dialog.applied) as said:
        assert dialog.apply()
    assert said.args is not None
    settings, origins = said.args
    assert settings.risk.price_band_percent == 7
    assert "file" in str(origins["risk.price_band_percent"])
    read, _ = Settings.load(file)
    assert (read.risk.price_band_percent, read.risk.max_order_value_usd) == (Decimal(7), Decimal(5000))
    assert read.demo.seed == Settings().demo.seed, "the environment's value stays out of the file"
    assert not dialog.apply_button.isEnabled()


def test_nothing_can_be_applied_while_a_value_is_not_allowed(dialog: SettingsDialog, file: Path) -> None:
    before = file.read_text()
    put(dialog, "risk.price_band_percent", "70")
    assert not dialog.apply_button.isEnabled()
    assert not dialog.ok.isEnabled()
    assert not dialog.apply()
    assert file.read_text() == before


def test_a_file_that_cannot_be_written_is_said_and_changes_nothing(
    qtbot: QtBot, dialog: SettingsDialog, file: Path
) -> None:
    file.unlink()
    file.mkdir()
    put(dialog, "risk.price_band_percent", "7")
    with qtbot.assertNotEmitted(dialog.applied):
        assert not dialog.apply()
    assert "settings.toml" in dialog.message.text()
    assert dialog.apply_button.isEnabled()


def test_each_origin_is_named(dialog: SettingsDialog) -> None:
    assert "HLM_DEMO__SEED" in dialog.form.row("demo.seed").origin_text
    assert "command line" in dialog.form.row("general.confirm_orders").origin_text
    assert dialog.form.row("risk.max_order_value_usd").origin_text == "from the file"
    assert dialog.form.row("risk.price_band_percent").origin_text == "default"


def test_the_export_holds_every_setting_in_force(dialog: SettingsDialog, tmp_path: Path) -> None:
    dialog.export(tmp_path / "out.toml")
    chosen = ["general.confirm_orders=true", "risk.max_order_value_usd=5000"]
    assert Settings.load(tmp_path / "out.toml")[0] == Settings.load(None, {"HLM_DEMO__SEED": "9"}, chosen)[0]
    dialog.export(tmp_path / "absent" / "out.toml")
    assert "cannot be written" in dialog.message.text()


def test_protection_is_not_switched_off_with_real_money(qtbot: QtBot, file: Path, dialog: SettingsDialog) -> None:
    desk = cast(Any, dialog._context.desk)
    desk.mode = Mode.LIVE
    before = desk.settings
    dialog.form.row("protection.stop").editor.set_value(StopKind.OFF)
    assert not dialog.apply()
    assert "cannot be off in live mode" in dialog.message.text()
    assert (desk.settings, "off" in file.read_text()) == (before, False)
