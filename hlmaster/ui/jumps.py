"""A click right after something else came under a resting pointer is not meant for it: ladder and chart refuse it."""

from __future__ import annotations

from collections.abc import Callable

JUMP_SECONDS = 0.25
"""Sooner than anybody sees and decides anew."""


class JumpGuard:
    """``time``: seconds that only rise. What is under the pointer is anything that can be compared, or None."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self.under: object = None
        self.before: object = None
        """What was there when it jumped."""
        self._jumped_at = float("-inf")

    def settle(self, under: object) -> None:
        """The picture is new, the pointer where it was."""
        if under != self.under and self.under is not None and under is not None:
            if not self.has_jumped:
                self.before = self.under
            self._jumped_at = self._time()
        self.under = under

    def hover(self, under: object) -> None:
        """The pointer went somewhere: what is there is chosen, not come by. Where it is still the same, nothing is."""
        if under != self.under:
            self.under, self._jumped_at = under, float("-inf")

    @property
    def has_jumped(self) -> bool:
        """Just now."""
        return self._time() - self._jumped_at < JUMP_SECONDS
