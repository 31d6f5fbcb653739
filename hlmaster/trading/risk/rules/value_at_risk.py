"""The loss of one day, exceeded on one day in twenty.

Coins' losses are added up as if they all came on the same day: what correlation gives in calm weeks it takes away in
the hour that matters.
"""

from __future__ import annotations

from decimal import Decimal

from hlmaster.core.orders import Order, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, limit, passed, rule
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import After

NAME = "value at risk"
KNOWN_PAST = "known past"
KNOWN = passed(KNOWN_PAST)


@limit(
    NAME,
    "RSK-118",
    title="Value at risk of a day",
    of_equity=True,
    cure="Close something first, or make the order smaller (Settings, Risk, Value at risk).",
)
def read(filled: After, situation: Situation, limits: RiskLimits) -> tuple[Decimal, Decimal]:
    stake = filled.stake
    at_risk = situation.standing.value_at_risk
    if stake.swing is not None:
        at_risk += (filled.worst - stake.value) * stake.swing
    allowed = limits.max_value_at_risk_percent if filled.by_strategy else limits.hand_value_at_risk_percent
    return at_risk, allowed * filled.percent


@rule(KNOWN_PAST, "RSK-119", only="ideas")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    """Only what no person approves is refused for what is not known."""
    basis = order.basis
    if basis is None or not basis.automatic:
        return KNOWN
    unknown, stake = situation.standing.unknown, situation.counted or situation.stake
    if stake.swing is not None and not unknown:
        return KNOWN
    coins = ", ".join(sorted(unknown | ({order.coin} if stake.swing is None else set())))
    sentence = (
        f"How far {coins} can move in a day is not known yet, so nothing is opened automatically. It is worked out "
        "once enough hourly candles have arrived; approve the proposal yourself if you want it now."
    )
    return failed(KNOWN_PAST, sentence, "not known")
