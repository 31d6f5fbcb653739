"""What the circuit breakers and the trader's own safeguards ask of the next order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

WHOLE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Conduct:
    """Taken a few times a second and after every fill; money in USD."""

    size_factor: Decimal = WHOLE
    """New sizes are scaled by it: a half once the day's loss has reached its warning."""
    pause: str = ""
    """Why no order is opened by hand now, as a sentence; strategies have breakers of their own."""
    usual_value: Decimal | None = None
    """The median worth of the trader's own orders, while a loss is fresh; else None."""
    usual_factor: Decimal = Decimal(2)
    """An order of more than so many times the usual is one that wants its money back."""
    refuses_revenge: bool = False
    """Such an order is refused; else it is only spoken of."""
    day_loss_percent: Decimal = Decimal(0)
    """Lost of the day's opening equity, deposits and withdrawals taken out; negative for a profit."""
    day_limit_percent: Decimal | None = None
    """At which the day ends; None while it is not known."""


FREE = Conduct()
