"""How the threads that write wait: until there is something, a moment longer for more of it, and no longer if asked."""

from __future__ import annotations

import threading
from collections.abc import Callable

RETRY_SECONDS = 1.0
"""Between two tries while the disk refuses."""


def wait_for_batch(
    wake: threading.Condition,
    has_work: Callable[[], bool],
    is_urgent: Callable[[], bool],
    gather_seconds: float,
    *,
    in_trouble: bool,
) -> None:
    """Until a batch is due or ``is_urgent``. Both are asked while ``wake`` is held; who changes them notifies."""
    with wake:
        if in_trouble:
            wake.wait_for(is_urgent, RETRY_SECONDS)
        else:
            wake.wait_for(lambda: has_work() or is_urgent())
            wake.wait_for(is_urgent, gather_seconds)
