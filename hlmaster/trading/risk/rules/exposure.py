"""The worth of all positions together: gross, for a short does not make a long safer."""

from __future__ import annotations

from decimal import Decimal

from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import limit
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import After


@limit(
    "gross exposure",
    "RSK-113",
    title="Gross exposure",
    of_equity=True,
    cure="Close something first, or make the order smaller (Settings, Risk, Gross exposure).",
)
def read(filled: After, situation: Situation, limits: RiskLimits) -> tuple[Decimal, Decimal]:
    allowed = limits.max_exposure_percent if filled.by_strategy else limits.hand_exposure_percent
    return filled.gross, allowed * filled.percent
