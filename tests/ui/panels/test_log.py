from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import Notice, Severity
from hlmaster.core.logs import LogRing, Redaction
from hlmaster.settings import Settings
from hlmaster.ui.bridge import Bridge
from hlmaster.ui.context import Context
from hlmaster.ui.panels.log import ROWS, LogPanel
from hlmaster.ui.theme import theme

NAME = "sample.log.panel"


@pytest.fixture
def ring() -> Iterator[LogRing]:
    made, logger = LogRing(), logging.getLogger(NAME)
    made.addFilter(Redaction())
    logger.addHandler(made)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield made
    logger.removeHandler(made)


@pytest.fixture
def panel(qtbot: QtBot, ring: LogRing) -> LogPanel:
    desk = SimpleNamespace(settings=Settings(), clock=ManualClock(1_700_000_000_000), bus=Bus())
    made = LogPanel(Context(cast(Any, desk), Bridge(desk.bus), theme("dark")), ring)
    qtbot.addWidget(made)
    made.resize(700, 200)
    made.show()
    return made


def messages(panel: LogPanel) -> list[str]:
    return [panel.model.entry(row).message for row in range(panel.model.rowCount())]


def test_what_was_logged_before_is_there(qtbot: QtBot, ring: LogRing, panel: LogPanel) -> None:
    logging.getLogger(NAME).info("late")
    panel.take()
    assert messages(panel) == ["late"]


def test_entries_of_other_threads_arrive_in_order(panel: LogPanel) -> None:
    def work() -> None:
        for number in range(50):
            logging.getLogger(NAME).info("%d", number)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    panel.take()
    assert messages(panel) == [str(number) for number in range(50)]


def test_only_the_latest_are_kept_in_any_amount(panel: LogPanel) -> None:
    logger = logging.getLogger(NAME)
    for burst in (ROWS - 10, 30, 2 * ROWS):
        for number in range(burst):
            logger.info("%d of %d", number, burst)
        panel.take()
        assert panel.model.rowCount() <= ROWS
    assert messages(panel) == [f"{number} of {2 * ROWS}" for number in range(ROWS, 2 * ROWS)]


def test_old_entries_leave_a_filtered_list_too(panel: LogPanel) -> None:
    logger = logging.getLogger(NAME)
    panel.level.setCurrentText("Warning")
    logger.warning("first")
    for _ in range(ROWS - 1):
        logger.info("noise")
    panel.take()
    assert messages(panel) == ["first"]
    logger.info("one more")
    panel.take()
    assert messages(panel) == []


def test_level_and_words_choose(panel: LogPanel) -> None:
    logger = logging.getLogger(NAME)
    logger.debug("a book of ETH")
    logger.warning("a gap in ETH", extra={"code": "VEN-006"})
    logger.error("the line broke", extra={"code": "VEN-002"})
    panel.take()
    panel.level.setCurrentText("Warning")
    assert messages(panel) == ["a gap in ETH", "the line broke"]
    panel.words.setText("ven-006 eth")
    assert messages(panel) == ["a gap in ETH"]
    panel.level.setCurrentText("Error")
    assert messages(panel) == []


def test_notices_are_entries(panel: LogPanel) -> None:
    panel.context.bridge._bus.publish(Notice(Severity.CRITICAL, "It broke.", "VEN-002", "Wait."))
    panel.take()
    entry = panel.model.entry(0)
    assert (entry.level, entry.code, entry.message) == ("CRITICAL", "VEN-002", "It broke. Wait.")


def test_scrolling_up_ends_following_and_the_button_resumes_it(panel: LogPanel) -> None:
    logger, bar = logging.getLogger(NAME), panel.view.verticalScrollBar()
    for number in range(100):
        logger.info("%d", number)
    panel.take()
    panel.view.scrollToBottom()
    assert panel.follow.isChecked()
    bar.setValue(0)
    assert not panel.follow.isChecked()
    logger.info("one more")
    panel.take()
    assert bar.value() == 0
    panel.follow.click()
    assert bar.value() == bar.maximum()


def test_copying_takes_what_is_shown_with_its_traceback(panel: LogPanel) -> None:
    try:
        raise ValueError("inside")
    except ValueError:
        logging.getLogger(NAME).exception("it failed")
    panel.take()
    panel.copy()
    text = QGuiApplication.clipboard().text()
    assert "it failed" in text
    assert "ValueError: inside" in text


def test_the_ring_forgets_a_panel_that_is_gone(qtbot: QtBot, ring: LogRing) -> None:
    desk = SimpleNamespace(settings=Settings(), clock=ManualClock(0), bus=Bus())
    panel = LogPanel(Context(cast(Any, desk), Bridge(desk.bus), theme("dark")), ring)
    delete(panel)
    logging.getLogger(NAME).info("nobody listens")
    assert ring._callbacks == ()
