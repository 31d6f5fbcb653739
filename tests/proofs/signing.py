"""Whether the venue would always take us for who we are: random actions of every kind, signed by the product."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from hlmaster.core.clock import ManualClock
from hlmaster.core.model import Instrument, Leverage, MarginMode, MarginTier, Side
from hlmaster.core.orders import (
    ApprovalMint,
    Approved,
    CancelTarget,
    Grouping,
    Order,
    Prepared,
    Purpose,
    TimeInForce,
    Trigger,
    TriggerKind,
    Verdict,
)
from hlmaster.exchange.hyperliquid.preparing import Preparing
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from tests.proofs.venue_signature import address_of, signer_of

TIER = (MarginTier(Decimal(0), 20),)
INSTRUMENTS = {f"C{n}": Instrument(f"C{n}", n, n % 6, 20, TIER) for n in (0, 1, 4, 127, 128, 255, 256, 65_535, 110_003)}
KEYS = 8
MICRO = Decimal("0.000001")


@dataclass(slots=True)
class Findings:
    cases: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: Findings) -> Findings:
        self.cases += other.cases
        for kind, count in other.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + count
        self.wrong = (self.wrong + other.wrong)[:20]
        return self


class SigningProof:
    """Prepared by the adapter's own hands; read back from the bytes as the venue does."""

    def __init__(self, seed: int) -> None:
        self.found = Findings()
        self._dice = random.Random(seed)
        self._clock = ManualClock()
        self._mint = ApprovalMint()
        keys = [f"0x{self._dice.getrandbits(256) | 1:064x}" for _ in range(KEYS)]
        self._desks = [(self._desk(key, network), address_of(key), network) for key in keys for network in Network]
        self._makers: tuple[Callable[[Preparing], Prepared], ...] = (
            self._place,
            self._modify,
            self._cancel,
            lambda desk: desk.prepare_leverage(self._coin(), self._leverage()),
            lambda desk: desk.prepare_isolated_margin(self._coin(), self._number(10**12).quantize(MICRO)),
            lambda desk: desk.prepare_schedule_cancel(self._dice.choice((None, self._clock.now_ms() + 60_000))),
            lambda desk: desk.prepare_noop(self._dice.randrange(1, 2**63)),
        )

    def _desk(self, key: str, network: Network) -> Preparing:
        nonce = self._dice.randrange
        desk = Preparing(self._clock, network, Signer(key), lambda _: nonce(1, 2**63), self._mint.is_genuine)
        desk._instruments = INSTRUMENTS
        return desk

    def run(self, count: int) -> Findings:
        for number in range(count):
            self._clock.market_ms = self._dice.randrange(1_600_000_000_000, 2_000_000_000_000)
            desk, owner, network = self._dice.choice(self._desks)
            prepared = self._makers[number % len(self._makers)](desk)
            self.found.cases += 1
            self.found.kinds[prepared.kind] = self.found.kinds.get(prepared.kind, 0) + 1
            believed = signer_of(prepared.body, network.value)
            if believed != owner:
                self.found.wrong.append(f"{owner} signed and {believed} was recovered: {prepared.body.decode()}")
        return self.found

    # --- actions ---

    def _coin(self) -> str:
        return self._dice.choice(list(INSTRUMENTS))

    def _number(self, most: int = 10**10) -> Decimal:
        return Decimal(self._dice.randrange(1, most)).scaleb(-self._dice.randint(0, 8))

    def _name(self) -> str:
        return f"0x{self._dice.getrandbits(128):032x}"

    def _leverage(self) -> Leverage:
        return Leverage(self._dice.choice(list(MarginMode)), self._dice.randint(1, 50))

    def _order(self) -> Approved:
        dice = self._dice
        trigger = None
        if dice.random() < 0.4:
            trigger = Trigger(self._number(), dice.choice(list(TriggerKind)), dice.random() < 0.5)
        order = Order(
            self._coin(),
            dice.choice(list(Side)),
            self._number(),
            self._number(),
            dice.choice(list(TimeInForce)),
            reduce_only=dice.random() < 0.5,
            trigger=trigger,
            market=trigger is None and dice.random() < 0.3,
            purpose=dice.choice(list(Purpose)),
            client_order_id=self._name(),
        )
        return self._mint.approve(order, Verdict(()))

    def _place(self, desk: Preparing) -> Prepared:
        count = self._dice.choice((1, 1, 2, 3, 16, 40))
        return desk.prepare_orders([self._order() for _ in range(count)], self._dice.choice(list(Grouping)))

    def _target(self, *, named: bool) -> CancelTarget:
        return CancelTarget(self._coin(), self._dice.randrange(1, 2**50), self._name() if named else None)

    def _modify(self, desk: Preparing) -> Prepared:
        count = self._dice.choice((1, 1, 2, 3))
        return desk.prepare_modify(
            [(self._target(named=self._dice.random() < 0.5), self._order()) for _ in range(count)]
        )

    def _cancel(self, desk: Preparing) -> Prepared:
        named = self._dice.random() < 0.5
        return desk.prepare_cancel([self._target(named=named) for _ in range(self._dice.choice((1, 2, 20)))])
