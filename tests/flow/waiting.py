"""Waiting for other processes without a stopwatch in the test."""

from __future__ import annotations

import threading
from collections.abc import Callable

LOOK_SECONDS = 0.05


def eventually(holds: Callable[[], object], seconds: float) -> None:
    """An AssertionError when it does not come to hold."""
    pause = threading.Event()
    for _ in range(int(seconds / LOOK_SECONDS)):
        if holds():
            return
        pause.wait(LOOK_SECONDS)
    raise AssertionError("it did not come to hold")
