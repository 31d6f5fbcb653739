"""What every test shares: Qt without a screen, the event loop that fits the test, hypothesis without a stopwatch."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Nothing that a test starts asks strangers' servers; what is about the analyst and the news says so itself
os.environ.update({"HLM_NEWS__ENABLED": "false", "HLM_ANALYST__ENABLED": "false"})

# The machine may be slow at any moment, so no example has a deadline, nor the making of one
settings.register_profile("house", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# A Qt object freed on a worker's thread ends the process: garbage is collected between tests, on the main thread alone
gc.disable()
MOST_GARBAGE = 50_000

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def pytest_collection_finish() -> None:
    """The program and its tests, all loaded by now, stay to the end: no collection looks through them again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_teardown() -> None:
    assert not gc.isenabled(), "this test leaves the collector on, and any thread may then free a Qt object"
    if gc.get_count()[0] > MOST_GARBAGE:
        gc.collect()


@pytest.fixture(autouse=True)
def plain_look() -> Iterator[None]:
    """A window dresses the whole application: its look goes with the test, so that no picture hangs on their order."""
    yield
    if "PySide6.QtWidgets" in sys.modules:
        from PySide6.QtGui import QFontDatabase
        from PySide6.QtWidgets import QApplication

        application = QApplication.instance()
        if isinstance(application, QApplication) and application.styleSheet():
            application.setStyleSheet("")
            application.setPalette(application.style().standardPalette())
            application.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no process is left with it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, LoopFactory]:
    """Coroutine tests that ask for Qt run on Qt's own loop, as the window does; all others on asyncio's."""
    wants_qt = {"qtbot", "qapp"} & set(getattr(item, "fixturenames", ()))
    return {"qt": qt_loop} if wants_qt else {"asyncio": asyncio.new_event_loop}


def qt_loop() -> asyncio.AbstractEventLoop:
    from PySide6.QtWidgets import QApplication

    from hlmaster.ui.loop import Loop

    loop: asyncio.AbstractEventLoop = Loop(QApplication.instance() or QApplication(sys.argv))
    return loop
