"""What a chart says about the candle under the cursor."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """The candle in a slot and the price at the cursor's height.

    `change` is close against the close before it (against the open for the first candle) as a fraction. At a gap the
    prices are NaN and `missing` counts the candles that are not there. `cursor_price` is None without a cursor.
    """

    slot: int
    time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    change: float
    missing: int
    cursor_price: float | None
