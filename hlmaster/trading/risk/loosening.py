"""A limit is tightened at once and loosened tomorrow: what is decided in the heat of a loss must last a night.

Pure. The settings say what is wanted; what is in force follows them at once where it becomes stricter, and at the
next UTC midnight where it becomes looser. A session that has not traded yet may set everything freely.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hlmaster.core.clock import DAY_MS

MORE, LESS, FEWER_NAMED, MORE_NAMED, STRENGTH, ON = "more", "less", "fewer", "named", "strength", "on"
"""How a setting gets looser: by more, by less, by naming other things than before, or by a weaker choice."""
LOOSER: Mapping[str, str] = {
    "risk.max_order_value_usd": MORE,
    "risk.price_band_percent": MORE,
    "risk.max_position_percent": MORE,
    "risk.hand_position_percent": MORE,
    "risk.position_caps": FEWER_NAMED,
    "risk.max_exposure_percent": MORE,
    "risk.hand_exposure_percent": MORE,
    "risk.max_leverage": MORE,
    "risk.hand_leverage": MORE,
    "risk.max_trade_risk_percent": MORE,
    "risk.hand_trade_risk_percent": MORE,
    "risk.max_open_positions": MORE,
    "risk.hand_open_positions": MORE,
    "risk.min_confidence": LESS,
    "risk.max_value_at_risk_percent": MORE,
    "risk.hand_value_at_risk_percent": MORE,
    "risk.max_entries_a_minute": MORE,
    "risk.hand_entries_a_minute": MORE,
    "risk.allowed_coins": MORE_NAMED,
    "risk.forbidden_coins": FEWER_NAMED,
    "risk.trading_hours": MORE_NAMED,
    "risk.self_trade_guard": ON,
    "breakers.day_warning_percent": MORE,
    "breakers.day_loss_percent": MORE,
    "breakers.day_loss_usd": MORE,
    "breakers.drawdown_percent": MORE,
    "breakers.losing_streak": MORE,
    "breakers.rest_minutes": LESS,
    "breakers.cut_positions": ON,
    "breakers.halt_loss_percent": MORE,
    "breakers.errors_a_minute": MORE,
    "breakers.stale_seconds": MORE,
    "safeguards.cool_down_minutes": LESS,
    "safeguards.cool_down_losses": MORE,
    "safeguards.daily_orders": MORE,
    "safeguards.revenge": STRENGTH,
    "safeguards.revenge_factor": MORE,
    "safeguards.overtrading": STRENGTH,
    "safeguards.overtrading_factor": MORE,
    "safeguards.session_minutes": MORE,
    "strategies.day_loss_percent": MORE,
    "strategies.most_open": MORE,
}
"""Settings that wait. Those of these sections that are not named take effect at once either way."""
STRENGTHS = ("off", "warn", "refuse")


def is_looser(key: str, old: Any, new: Any) -> bool:
    """Whether ``new`` lets through anything that ``old`` does not; None is no limit at all."""
    how = LOOSER.get(key)
    if how is None or old == new:
        return False
    if how == ON:
        return not new
    if how == STRENGTH:
        return STRENGTHS.index(new) < STRENGTHS.index(old)
    if how in (FEWER_NAMED, MORE_NAMED):
        return _lets_more(how, tuple(old), tuple(new))
    if old is None or new is None:
        return new is None
    return bool(new > old if how == MORE else new < old)


def _lets_more(how: str, old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    if how == FEWER_NAMED:
        if any(":" in text for text in (*old, *new)):
            before, now = _caps(old), _caps(new)
            return any(coin not in now or now[coin] > size for coin, size in before.items())
        return not set(old) <= set(new)
    # A list of what is allowed: none named allows all of it.
    return bool(old) and (not new or not set(new) <= set(old))


def _caps(texts: Iterable[str]) -> dict[str, Decimal]:
    return {coin: Decimal(size) for coin, _, size in (text.partition(":") for text in texts)}


def tomorrow(now_ms: int) -> int:
    """The next UTC midnight."""
    return (now_ms // DAY_MS + 1) * DAY_MS


@dataclass(frozen=True, slots=True)
class Waiting:
    """A looser value that is wanted and not in force yet."""

    key: str
    in_force: Any
    wanted: Any
    due_ms: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Values by dotted key: as they are in force, when what is wanted beyond them is due, and what that is."""

    in_force: Mapping[str, Any]
    due: Mapping[str, int]
    asked: Mapping[str, Any] = field(default_factory=dict)

    def follow(self, wanted: Mapping[str, Any], now_ms: int, *, freely: bool) -> Limits:
        """After a change of the settings, or as time goes by. ``wanted`` holds every key of ``LOOSER``."""
        in_force, due, asked = dict(self.in_force), dict[str, int](), dict[str, Any]()
        for key, value in wanted.items():
            if freely or key not in in_force or not is_looser(key, in_force[key], value):
                in_force[key] = value
                continue
            ends = self.due.get(key, tomorrow(now_ms))
            if now_ms >= ends:
                # What was asked for is due; what is looser still was asked for since, while nobody followed.
                slept_on = self.asked.get(key, in_force[key])
                if not is_looser(key, slept_on, value):
                    in_force[key] = value
                    continue
                if not is_looser(key, value, slept_on):
                    in_force[key] = slept_on
                ends = tomorrow(now_ms)
            due[key], asked[key] = ends, value
        return Limits(in_force, due, asked)

    def waiting(self, wanted: Mapping[str, Any]) -> tuple[Waiting, ...]:
        return tuple(Waiting(key, self.in_force[key], wanted[key], due) for key, due in sorted(self.due.items()))
