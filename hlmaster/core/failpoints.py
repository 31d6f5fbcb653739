"""Places on the order path where tests let the worst happen. In the product they are passed without effect."""

from __future__ import annotations

from enum import StrEnum


class Point(StrEnum):
    """In the order in which an action meets them."""

    SIGNED = "after sign"
    BEFORE_INTENT = "before intent write"
    WRITTEN = "after write before commit"
    """On the journal's own thread, inside the transaction."""
    COMMITTED = "after commit"
    SOCKET_WRITTEN = "after socket write"
    BEFORE_REPLY = "before reply read"
    REPLIED = "after reply before journal"
    NOTED = "after journal before event"
    """In the tracker: the store has the new state, the bus has not."""
    FILLED = "between fill and stop"


class Failpoints:
    """Passing one does nothing. Tests inject an heir that raises, waits, repeats or spoils."""

    async def reach(self, point: Point) -> None:
        """At a place where the loop may wait."""

    def pass_by(self, point: Point) -> None:
        """At a place that must not wait: on the journal's thread, or in one synchronous stretch."""


NO_FAILPOINTS = Failpoints()
