"""What the program kept before it knew workspaces is read once, and kept as a workspace from then on."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.ui import panel_set
from hlmaster.ui.workspaces.store import FILE, OLDEST_WITH_STATE
from tests.ui.market_desk import MarketScene, open_context
from tests.ui.windows import keep, light, plain_kinds, settle


async def test_an_arrangement_of_the_third_version_stands_as_it_was_left(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(panel_set, "ALWAYS", plain_kinds())
    context, behind = open_context(MarketScene(), qtbot, "BTC"), QWidget()
    qtbot.addWidget(behind)
    behind.show()  # with the last window that closes Qt would end the loop
    (tmp_path / "new").mkdir()
    async with light(context, tmp_path) as window:
        await settle(window)
        window.stage.docks["equity"].hide()  # as that version closed a panel: it keeps its place
        window.stage.docks["trades"].setFloating(True)
        await settle(window)
        geometry, docks = window.main.saveGeometry(), window.main.saveState(OLDEST_WITH_STATE)
        left = set(window.stage.arrangement().keys)
    document = {"version": OLDEST_WITH_STATE, "geometry": _text(geometry), "docks": _text(docks), "panels": {}}
    (tmp_path / "new" / FILE).write_text(json.dumps(document))
    for _ in ("handed on", "its own"):
        async with light(context, tmp_path / "new", None) as window:
            await keep(window)
            back = window.stage.arrangement()
            assert set(back.keys) == left - {"equity"}
            assert "equity" not in back.keys
            assert window.stage.docks["trades"].isFloating()
        assert json.loads((tmp_path / "new" / FILE).read_text())["version"] > OLDEST_WITH_STATE


def _text(data: QByteArray) -> str:
    return base64.b64encode(bytes(data.data())).decode()
