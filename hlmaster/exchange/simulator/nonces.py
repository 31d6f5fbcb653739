"""Replay protection: the hundred highest nonces of every signer."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping

from hlmaster.core.clock import DAY_MS

KEPT = 100
PAST_MS, FUTURE_MS = 2 * DAY_MS, DAY_MS


class Nonces:
    """Remembers used nonces per signer; nonces are market milliseconds."""

    def __init__(self) -> None:
        self._used: dict[str, list[int]] = {}

    def refusal(self, signer: str, nonce: int, now_ms: int) -> str | None:
        """Why this nonce may not be used, in the venue's words; None when it may."""
        used = self._used.get(signer, [])
        place = bisect_left(used, nonce)
        if place < len(used) and used[place] == nonce:
            return f"Invalid nonce: duplicate nonce {nonce}"
        if len(used) == KEPT and nonce < used[0]:
            return f"Invalid nonce: nonce {nonce} is below the {KEPT} highest nonces, smallest {used[0]}"
        if not now_ms - PAST_MS < nonce < now_ms + FUTURE_MS:
            return f"Invalid nonce: nonce {nonce} is outside of the allowed window around {now_ms}"
        return None

    def consume(self, signer: str, nonce: int) -> None:
        used = self._used.setdefault(signer, [])
        insort(used, nonce)
        del used[:-KEPT]

    def forget(self, signer: str) -> None:
        """An agent that was replaced or revoked loses its nonces."""
        self._used.pop(signer, None)

    def export(self) -> dict[str, list[int]]:
        return {signer: list(nonces) for signer, nonces in self._used.items()}

    def of(self, signer: str) -> tuple[int, ...]:
        return tuple(self._used.get(signer, ()))

    def restore(self, used: Mapping[str, Iterable[int]]) -> None:
        self._used = {signer: sorted(nonces)[-KEPT:] for signer, nonces in used.items()}
