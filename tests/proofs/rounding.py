"""Whether a price or size of ours would ever be refused by the venue, or risk more than was asked."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal

from hlmaster.core.model import Instrument, MarginTier, Side
from hlmaster.core.rounding import (
    is_valid_price,
    is_valid_size,
    round_price,
    round_size,
    round_size_up,
    snap_price,
    wire_text,
)
from hlmaster.trading.ticket import capped_price
from tests.proofs.venue_rule import nearest_prices, refuses_price, refuses_size, scaled
from tests.trading.scenes import scene

MAX_SIZE_DECIMALS = 6
KEPT = 20


@dataclass(slots=True)
class Findings:
    """``unsendable``: below the smallest price or lot of its market, so it was rightly never made into an order."""

    cases: int = 0
    roundings: int = 0
    unsendable: int = 0
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: Findings) -> Findings:
        self.cases += other.cases
        self.roundings += other.roundings
        self.unsendable += other.unsendable
        self.wrong = (self.wrong + other.wrong)[:KEPT]
        return self


class RoundingProof:
    """Random numbers from 1e-8 to 1e8 on every size grid, rounded by the product and judged by the digits."""

    def __init__(self, seed: int) -> None:
        self.found = Findings()
        self._dice = random.Random(seed)
        tier = (MarginTier(Decimal(0), 20),)
        self._scenes = [
            scene(instrument=Instrument("X", 0, decimals, 20, tier)) for decimals in range(MAX_SIZE_DECIMALS + 1)
        ]

    def run(self, count: int) -> Findings:
        for _ in range(count):
            self.found.cases += 1
            decimals = self._dice.randint(0, MAX_SIZE_DECIMALS)
            self._price(self._number(), decimals)
            self._size(self._number(), decimals)
        return self.found

    def _number(self) -> str:
        """Digits of any length, at any magnitude; round numbers and runs of nines often, for they break roundings."""
        dice = self._dice
        length = dice.randint(1, 12)
        digits = dice.choice((dice.randrange(10**length), 10**length - 1, 10 ** (length - 1)))
        decimals = dice.randint(0, 8)
        text = str(max(1, digits) % 10 ** (8 + decimals) or 1).rjust(decimals + 1, "0")
        return f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text

    def _price(self, asked: str, decimals: int) -> None:
        price, below_above = Decimal(asked), nearest_prices(asked, decimals)
        below, above = below_above
        self._judge(is_valid_price(price, decimals), below == above, f"validity of price {asked} at {decimals}")
        for side in Side:
            passive = below if side is Side.BUY else above
            self._compare(
                round_price(price, decimals, side), passive, f"passive {side} {asked} at {decimals}", decimals
            )
            crossing = above if side is Side.BUY else below
            rounded = round_price(price, decimals, side, marketable=True)
            self._compare(rounded, crossing, f"crossing {side} {asked} at {decimals}", decimals)
            self._cap(price, side, decimals)
        nearest = below if scaled(asked) - below <= above - scaled(asked) else above
        snapped = snap_price(price, decimals)
        if scaled(asked) * 2 != below + above:
            self._compare(snapped, nearest, f"nearest to {asked} at {decimals}", decimals)

    def _cap(self, reference: Decimal, side: Side, decimals: int) -> None:
        """The worst price of a market order: valid, and never beyond what was allowed."""
        share = Decimal(self._dice.randint(1, 800)) / 10_000
        worst = capped_price(reference, side, self._scenes[decimals], share)
        allowed = reference * (1 + share * side.sign)
        what = f"cap of {share} on {reference} to {side} at {decimals}"
        self._judge((worst - allowed) * side.sign <= 0, True, f"{what}: {worst} is beyond {allowed}")
        self._sendable(worst, what, decimals)

    def _compare(self, ours: Decimal, right: int, what: str, decimals: int) -> None:
        self.found.roundings += 1
        if self._sendable(ours, what, decimals):
            self._judge(scaled(wire_text(ours)), right, what)
        else:
            self._judge(right, 0, what)

    def _sendable(self, price: Decimal, what: str, decimals: int) -> bool:
        if price == 0:
            self.found.unsendable += 1
            return False
        self._judge(refuses_price(wire_text(price), decimals), None, what)
        return True

    def _size(self, asked: str, decimals: int) -> None:
        size, lot = Decimal(asked), 10 ** (40 - decimals)
        down = scaled(asked) // lot * lot
        self._judge(is_valid_size(size, decimals), down == scaled(asked), f"validity of size {asked} at {decimals}")
        for ours, right in (
            (round_size(size, decimals), down),
            (round_size_up(size, decimals), -(-scaled(asked) // lot) * lot),
        ):
            self.found.roundings += 1
            if ours == 0:
                self.found.unsendable += 1
                self._judge(right, 0, f"size {asked} at {decimals}")
                continue
            text = wire_text(ours)
            self._judge(refuses_size(text, decimals), None, f"size {asked} at {decimals}")
            self._judge(scaled(text), right, f"size {asked} at {decimals}")

    def _judge(self, ours: object, right: object, what: str) -> None:
        if ours != right and len(self.found.wrong) < KEPT:
            self.found.wrong.append(f"{what}: {ours} instead of {right}")
