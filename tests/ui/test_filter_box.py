"""A filter keeps its choice while what it can choose from comes and goes."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from hlmaster.ui.filter_box import FilterBox


def test_a_choice_outlives_new_options_and_its_own_end(qtbot: QtBot) -> None:
    box = FilterBox("All coins", "Only this coin")
    qtbot.addWidget(box)
    told: list[str] = []
    box.chosen.connect(lambda: told.append(box.value))
    box.offer({"BTC": "BTC", "ETH": "ETH"})
    assert (box.value, told) == ("", [])
    box.choose("ETH")
    box.offer({"AVAX": "AVAX", "ETH": "ETH"})
    assert (box.value, box.currentText()) == ("ETH", "ETH")
    box.offer({"AVAX": "AVAX"})
    assert box.value == "ETH"
    box.choose("")
    assert told == ["ETH", ""]
    box.offer({"AVAX": "AVAX"})
    assert box.count() == 2
    box.choose("no such coin")
    assert box.value == ""
