"""The loop of the window: Qt's own, on which coroutines run."""

from __future__ import annotations

import sys

import qasync


class Loop(qasync.QEventLoop):  # type: ignore[misc]  # the library says nothing of types
    """Closes what was left of a broken-off asynchronous iteration, as asyncio's loops do; Qt's alone would not, and
    Python would end it in the middle of an await, with a warning."""

    def run_forever(self) -> int:
        before = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)
        try:
            return int(super().run_forever())
        finally:
            sys.set_asyncgen_hooks(*before)
