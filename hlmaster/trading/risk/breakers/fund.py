"""The account as a fund with units: money moved in or out buys or redeems units and leaves their price alone.

So a fall of the price is a loss and nothing else is (the time-weighted return of portfolio accounting): a withdrawal
never looks like one, and a deposit never hides one.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

ZERO, ONE = Decimal(0), Decimal(1)


class Fund(msgspec.Struct):
    """``price`` stays what it was while there is no money in the account."""

    units: Decimal = ZERO
    price: Decimal = ONE
    cash: Decimal = ZERO
    """Deposits less withdrawals as of the last look, USD."""

    def look(self, equity: Decimal, cash: Decimal) -> bool:
        """Take equity and deposits less withdrawals, USD, at one moment; False while there is nothing to price.

        A fund that has lost everything stays at a price of nothing until it is begun again.
        """
        flow, self.cash = cash - self.cash, cash
        if self.units > 0:
            self.price = max(equity - flow, ZERO) / self.units
            if flow and self.price:
                self.units = max(self.units + flow / self.price, ZERO) if equity > 0 else ZERO
        elif equity > 0 and self.price:
            self.units = equity / self.price
        return self.units > 0

    def begin_again(self, equity: Decimal) -> None:
        """At a price of one, with what is there."""
        self.price, self.units = ONE, max(equity, ZERO)
