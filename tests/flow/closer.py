"""Windows one after the other, each closed at a random moment: ``python -m tests.flow.closer DATA COUNT SEED``.

A dialog may be open, the chart's library on its way, the desk not yet ready; and all the while a thread tells where the
others are, as the watchdog does when the loop stands still. Prints a line for each window.
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QTimer

from hlmaster import app
from hlmaster.__main__ import _parser
from hlmaster.desk.watchdog import stacks
from hlmaster.ui.window import Window

LOOK_SECONDS = 0.005
LONGEST_MS = 1_500
SESSIONS = "ab"


@contextmanager
def looked_at() -> Iterator[None]:
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            stacks()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()


def main(data: Path, count: int, seed: int) -> int:
    dice, show, left = random.Random(seed), Window.open, list(range(count))

    def travel(window: Window, size: tuple[int, int] | None, *, default_layout: bool = False) -> None:
        show(window, size, default_layout=default_layout)
        number = left.pop()
        until_ms = dice.choice((0, dice.randrange(60), dice.randrange(400), dice.randrange(LONGEST_MS)))
        dialogs = (window._open_settings, window._help.open_help, window._open_sessions, window._open_modes)
        if dice.random() < 0.6:
            QTimer.singleShot(until_ms // 2, window, dice.choice(dialogs))
        session = dice.choice(SESSIONS)
        QTimer.singleShot(until_ms, window, lambda: window._switch(session, None) if left else window.close())
        print("window", number, until_ms, flush=True)  # noqa: T201  the test counts them

    Window.open = travel  # type: ignore[method-assign,assignment]
    with looked_at():
        return app.gui(_parser().parse_args(["gui", "--session", SESSIONS[0], "--data", str(data)]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
