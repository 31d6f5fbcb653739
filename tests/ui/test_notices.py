"""The banner over the window: after a crash it keeps entries closed until a person says they have looked."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.events import Severity, TradingState
from hlmaster.desk.recovery import REASON
from hlmaster.ui.notices import Banner, NoticeCard, Notices
from tests.ui.desks import trading, until
from tests.ui.questions import lifts_only_when_meant


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
        window = QWidget()
        qtbot.addWidget(window)
        window.resize(1280, 800)
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
