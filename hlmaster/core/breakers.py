"""Facts about circuit breakers: what stops new risk by itself, and what lets it begin again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BreakerChanged:
    """A circuit breaker tripped, or is armed again. ``sentence`` says why and until when."""

    name: str
    """``day warning``, ``day loss``, ``drawdown``, ``losing streak``, ``halt loss``, ``errors``."""
    tripped: bool
    sentence: str
    time_ms: int


@dataclass(frozen=True, slots=True)
class LimitBreached:
    """Something standing is beyond a limit (``breached``), or within it again. Only entries can be refused for it."""

    limit: str
    coin: str
    """Empty for a limit of all positions together."""
    breached: bool
    sentence: str
    time_ms: int
