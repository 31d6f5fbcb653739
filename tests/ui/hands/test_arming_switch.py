"""The lock in the top bar says by word, picture and colour whether gestures trade."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hlmaster.ui.hands.arming_switch import ArmingSwitch
from tests.ui.desks import trading


async def test_a_click_arms_and_locks_and_the_words_say_so(qtbot: QtBot) -> None:
    async with trading(start=False) as scene:
        switch = ArmingSwitch(scene.context)
        qtbot.addWidget(switch)
        switch.show_keys("F4")
        said = [(switch.text().strip(), switch.accessibleName(), switch.icon().cacheKey())]
        width = switch.sizeHint().width()
        for armed in (True, False):
            QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
            assert scene.context.arming.is_on is armed
            assert switch.toolTip().endswith("(F4)")
            assert switch.sizeHint().width() == width, "nothing beside it moves"
            said.append((switch.text().strip(), switch.accessibleName(), switch.icon().cacheKey()))
        assert [word for word, _, _ in said] == ["Locked", "ARMED", "Locked"]
        assert said[1][1] == "Trading gestures: armed"
        assert len({icon for _, _, icon in said[:2]}) == 2
