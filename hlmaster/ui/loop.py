"""The loop of the window: Qt's own, on which coroutines run."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import qasync


class Loop(qasync.QEventLoop):  # type: ignore[misc]  # the library says nothing of types
    """Closes what was left of a broken-off asynchronous iteration, as asyncio's loops do; Qt's alone would not, and
    Python would end it in the middle of an await, with a warning.

    Its workers are Python's own threads: Qt's come to be, for Python, while another thread may hold the interpreter and
    be reading every thread's stack (``desk.watchdog``); it finds half a thread, and the process ends.
    """

    def __init__(self, application: Any) -> None:
        super().__init__(application)
        self.set_default_executor(ThreadPoolExecutor(thread_name_prefix="worker"))

    def run_forever(self) -> int:
        before = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)
        try:
            return int(super().run_forever())
        finally:
            sys.set_asyncgen_hooks(*before)
