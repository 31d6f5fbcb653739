"""What a round trip costs: parameters that strategies with narrow targets share."""

from __future__ import annotations

from hlmaster.strategies.base import Params, number


class Costs(Params):
    """Fees as the exchange charges them by default; an account's own rates may differ."""

    fee_in: float = number(
        0.045, -0.01, 0.5, "Fee of the entry", "Taker fee of your account, or its maker fee if entries rest.", "%"
    )
    fee_out: float = number(
        0.045, -0.01, 0.5, "Fee of the exit", "Taker fee of your account, or its maker fee if exits rest.", "%"
    )

    @property
    def round_trip(self) -> float:
        """Both fees, a fraction of the notional."""
        return (self.fee_in + self.fee_out) / 100
