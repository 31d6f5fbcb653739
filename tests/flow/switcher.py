"""A window that goes from demo to testnet to paper: ``python -m tests.flow.switcher DATA READYFILE PASSPHRASE``.

The testnet session is connected already, its key in the vault. Prints each window's mode and account once it is ready.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from PySide6.QtCore import QTimer

from hlmaster import app
from hlmaster.__main__ import _parser
from hlmaster.core.clock import SystemClock
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk.connection import connect, known_accounts
from hlmaster.desk.connector import Connected
from hlmaster.storage.sessions import Sessions
from hlmaster.ui.window import Window

LOOK_MS = 50


def main(data: Path, ready_file: Path, passphrase: str) -> int:
    account = known_accounts(Sessions(data, SystemClock()), Mode.TESTNET)["default"]
    assert account is not None
    connection = asyncio.run(connect(Mode.TESTNET, account, data, Secret(passphrase)))
    journey = [Connected(Mode.TESTNET, "default", connection), Connected(Mode.PAPER, "default")]
    show = Window.open

    def travel(window: Window, size: tuple[int, int] | None, *, default_layout: bool = False) -> None:
        show(window, size, default_layout=default_layout)
        desk = window._desk

        def look() -> None:
            if not desk.is_ready and desk.mode is not Mode.PAPER:  # paper's prices are on the network
                return
            timer.stop()
            print(desk.mode, desk.account, window._top._badge_text(), flush=True)  # noqa: T201  the test reads it
            if journey:
                window._connect(journey.pop(0))
            else:
                window.close()

        timer = QTimer(window, interval=LOOK_MS)
        timer.timeout.connect(look)
        timer.start()

    Window.open = travel  # type: ignore[method-assign,assignment]
    return app.gui(_parser().parse_args(["gui", "--data", str(data), "--exchange", str(ready_file)]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
