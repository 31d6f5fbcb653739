"""What may be concluded about an action whose answer never came. Pure: answers in, a verdict out.

Three things prove that an action can never be carried out any more, or has been; nothing else does:

* the venue's own word about its orders (the caller's affair);
* the nonce fence, an action that does nothing, signed with the same nonce. Accepted, it proves that the first never
  arrived and, its nonce being used up, never will. Refused as used, the first did arrive;
* the expiry: two seconds past it by the venue's clock, three clean negatives at least five seconds apart, each from a
  venue whose clock is past it too.
"""

from __future__ import annotations

from enum import Enum

CLEAN_NEGATIVES = 3
NEGATIVES_APART_SECONDS = 5.0
EXPIRY_MARGIN_MS = 2_000


class Fence(Enum):
    OPEN = "not tried"
    DOUBTFUL = "tried, and its own answer lost"
    HOLDS = "accepted: the action can never land"
    USED = "the nonce was used before: the action arrived"
    NONE = "answered, and proves nothing"


class FenceAnswer(Enum):
    ACCEPTED = "accepted"
    NONCE_USED = "nonce used"
    LOST = "lost"
    NOT_SENT = "not sent"
    OTHER = "refused for another reason"


class Proof:
    """``expires_ms`` by the venue's clock; ``fenced``: an earlier fence whose answer is unknown."""

    def __init__(self, expires_ms: int, margin_ms: float = EXPIRY_MARGIN_MS, *, fenced: bool = False) -> None:
        self._certain_ms = expires_ms + margin_ms
        self.fence = Fence.DOUBTFUL if fenced else Fence.OPEN
        self._negatives = 0
        self._last_seconds: float | None = None

    @property
    def wants_fence(self) -> bool:
        return self.fence in (Fence.OPEN, Fence.DOUBTFUL)

    @property
    def never_came(self) -> bool:
        return self.fence is Fence.HOLDS

    @property
    def arrived(self) -> bool:
        return self.fence is Fence.USED

    @property
    def left_no_trace(self) -> bool:
        """It cannot arrive any more, and the venue has denied it often enough."""
        return self._negatives >= CLEAN_NEGATIVES

    def fence_answered(self, answer: FenceAnswer) -> None:
        match answer:
            case FenceAnswer.ACCEPTED:
                self.fence = Fence.HOLDS
            case FenceAnswer.NONCE_USED:
                # After a fence without an answer, the nonce may have been used by that fence.
                self.fence = Fence.USED if self.fence is Fence.OPEN else Fence.NONE
            case FenceAnswer.LOST:
                self.fence = Fence.DOUBTFUL
            case FenceAnswer.OTHER:
                self.fence = Fence.NONE
            case FenceAnswer.NOT_SENT:
                pass

    def asked(self, clean: bool, venue_ms: int | None, seconds: float) -> None:
        """One round of questions ended at ``seconds`` of a clock that only goes forward.

        ``clean``: every order was denied. ``venue_ms``: the venue's time, told before they were asked after; None
        without an answer.
        """
        if not clean or venue_ms is None or venue_ms <= self._certain_ms:
            self._negatives, self._last_seconds = 0, None
        elif self._last_seconds is None or seconds - self._last_seconds >= NEGATIVES_APART_SECONDS:
            self._negatives += 1
            self._last_seconds = seconds
