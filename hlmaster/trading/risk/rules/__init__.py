"""One rule a file. A rule is a function of (order, situation, limits) to a RuleResult, registered under its name."""

from hlmaster.trading.risk.rules import (
    collateral,
    duplicate,
    fresh_data,
    minimum_notional,
    order_value,
    price_band,
    price_grid,
    reduce_only,
    trading_state,
    trigger_side,
)

__all__ = [
    "collateral",
    "duplicate",
    "fresh_data",
    "minimum_notional",
    "order_value",
    "price_band",
    "price_grid",
    "reduce_only",
    "trading_state",
    "trigger_side",
]
