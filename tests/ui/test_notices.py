"""The banner over the window: after a crash it keeps entries closed until a person says they have looked."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.errors import ConfigError
from hlmaster.core.events import LinkChanged, LinkState, Severity, TradingState
from hlmaster.core.model import Side
from hlmaster.desk.recovery import REASON
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui.banner import Banner
from hlmaster.ui.frame_window import SideWindow
from hlmaster.ui.freshness import Freshness
from hlmaster.ui.notices import KEEPS_CLEAR, NoticeCard, Notices
from hlmaster.ui.trouble import Trouble
from tests.ui.desks import D, trading, until
from tests.ui.questions import lifts_only_when_meant, words


def wide(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1280, 800)
    return window


async def test_a_restart_after_a_crash_is_confirmed_only_when_it_is_meant(qtbot: QtBot) -> None:
    async with trading() as scene:
        banner = Banner(scene.context)
        qtbot.addWidget(banner)
        _, confirm = banner.findChildren(QPushButton)
        assert confirm.isHidden()
        scene.desk.guard.restrain(REASON, TradingState.PROTECT_ONLY, "The last run did not end in order.")
        await until(lambda: not confirm.isHidden())
        assert scene.desk.guard.state is TradingState.PROTECT_ONLY
        await lifts_only_when_meant(scene, confirm)


async def test_a_notice_shows_every_line_and_one_that_the_banner_says_is_no_notice(qtbot: QtBot) -> None:
    async with trading() as scene:
        window = wide(qtbot)
        window.show()
        notices = Notices(scene.context, window)
        scene.context.notify(
            Severity.ERROR, "A sentence that is a good deal longer than one line. " * 3, "X-1", "Look."
        )
        (card,) = notices.findChildren(NoticeCard)
        labels = card.findChildren(QLabel)
        await until(lambda: all(label.height() >= label.heightForWidth(label.width()) > 0 for label in labels))
        scene.desk.pause()
        scene.context.notify(Severity.WARNING, scene.desk.guard.sentence)
        assert notices.findChildren(NoticeCard) == [card]


async def test_a_lost_line_says_why_when_it_is_tried_again_and_what_is_protected_and_takes_no_keys(
    qtbot: QtBot,
) -> None:
    async with trading() as scene:
        await scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5")))
        window = QWidget()
        qtbot.addWidget(window)
        column, line, banner = QVBoxLayout(window), QLineEdit(), Banner(scene.context)
        column.addWidget(banner)
        column.addWidget(line)
        window.show()
        window.activateWindow()
        line.setFocus()
        await until(line.hasFocus)
        sentence = "The exchange closed the connection."
        scene.bus.publish(LinkChanged(LinkState.RECONNECTING, sentence, attempt=3, retry_in_seconds=4.0))
        await until(banner.isVisible)
        said = words(banner)
        for expected in (sentence, "Next try in 4 s (try 3).", "No stop covers ETH."):
            assert expected in said
        assert line.hasFocus()
        scene.bus.publish(LinkChanged(LinkState.CONNECTED, "Connected."))
        await until(lambda: sentence not in words(banner))
        assert line.hasFocus()


async def test_what_cannot_start_is_said_with_its_cure_and_its_log_and_can_be_copied(
    qtbot: QtBot, tmp_path: Path
) -> None:
    log = tmp_path / "demo" / "default" / "log" / "hlmaster.jsonl"
    log.parent.mkdir(parents=True)
    log.touch()
    window = Trouble(ConfigError("There is no such theme.", "Write dark or light."), tmp_path)
    qtbot.addWidget(window)
    window.open()
    window.no.click()
    assert QApplication.clipboard().text().splitlines()[1:] == [
        "There is no such theme.",
        "Write dark or light.",
        f"The log has more: {log}",
        "[CFG-001]",
    ]
    assert window.isVisible(), "to copy is not to close"
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert not window.isVisible()


async def test_more_than_three_fold_into_a_count_with_the_gravest_in_view(qtbot: QtBot) -> None:
    async with trading() as scene:
        window = wide(qtbot)
        window.show()
        notices = Notices(scene.context, window)
        for number in range(6):
            severity = Severity.CRITICAL if number == 1 else Severity.INFO
            scene.context.notify(severity, f"Sentence {number}.")
        cards = notices.findChildren(NoticeCard)
        assert [card._words.text() for card in cards if card.isVisible()] == [
            "Sentence 1.",
            "Sentence 4.",
            "Sentence 5.",
        ]
        more, none = notices._more, notices._none
        assert more.text() == "3 more notices"
        more.click()
        assert all(card.isVisible() for card in cards)
        assert window.rect().contains(notices.geometry())
        none.click()
        assert not notices.isVisible()


async def test_the_stack_covers_no_button_and_nothing_that_asks_to_be_seen(qtbot: QtBot) -> None:
    async with trading() as scene:
        window = wide(qtbot)
        button, figure = QPushButton("Buy", window), QWidget(window)
        button.setGeometry(1100, 560, 80, 30)
        figure.setGeometry(1000, 600, 280, 200)
        figure.setProperty(KEEPS_CLEAR, 26)
        window.show()
        notices = Notices(scene.context, window)
        for number in range(3):
            scene.context.notify(Severity.WARNING, f"Sentence {number}, which takes more than a line in a card.", "X-1")
        assert notices.isVisible()
        assert notices.y() > 626
        assert notices._more.text()


async def test_a_second_window_has_the_banner_and_what_is_grave(qtbot: QtBot) -> None:
    async with trading() as scene:
        main = QWidget()
        qtbot.addWidget(main)
        side = SideWindow(scene.context, 2, main)
        qtbot.addWidget(side)
        side.show()
        (banner,), (freshness,) = side.findChildren(Banner), side.findChildren(Freshness)
        assert not banner.isVisible()
        scene.desk.brake.engage("you", "The kill switch was pressed.")
        scene.bus.publish(LinkChanged(LinkState.RECONNECTING, "Cut.", attempt=3, retry_in_seconds=0.0))
        await until(banner.isVisible)
        assert "HALTED" in words(banner)
        await until(lambda: "Reconnecting" in freshness.text())
        scene.context.notify(Severity.INFO, "Small.")
        scene.context.notify(Severity.ERROR, "Grave.")
        told = " ".join(words(card) for card in side.findChildren(NoticeCard))
        assert "Grave." in told
        assert "Small." not in told
