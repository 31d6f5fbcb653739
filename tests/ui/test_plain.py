from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hlmaster.ui.plain import plain_label, plain_tip, unbroken


@pytest.mark.parametrize("words", ["", "At most 5 < 6.", "It fell; 3 > 2."])
def test_plain_words_stand_as_they_are(words: str) -> None:
    assert plain_tip(words) == words


def test_markup_in_a_tip_is_shown_and_not_obeyed() -> None:
    assert plain_tip("<b>Buy</b>") == "<span>&lt;b&gt;Buy&lt;/b&gt;</span>"


def test_a_label_never_obeys_markup(qtbot: QtBot) -> None:
    label = plain_label("muted")
    qtbot.addWidget(label)
    assert label.textFormat() is Qt.TextFormat.PlainText


def test_no_line_ends_within_an_address() -> None:
    assert unbroken("Nothing at http://127.0.0.1:1/api, and/or elsewhere.").replace("\u2060", "|") == (
        "Nothing at http:/|/|127.0.0.1:1/|api, and/or elsewhere."
    )
