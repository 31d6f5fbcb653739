"""Whether the venue would always take us for who we are: random actions of every kind, signed by the product."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from hlmaster.core.model import Instrument, Leverage, MarginMode, MarginTier, Side
from hlmaster.core.orders import CancelTarget, Grouping, Order, TimeInForce, Trigger, TriggerKind
from hlmaster.exchange.hyperliquid import actions
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from tests.proofs.venue_signature import address_of, signer_of

TIER = (MarginTier(Decimal(0), 20),)
INSTRUMENTS = {f"C{n}": Instrument(f"C{n}", n, n % 6, 20, TIER) for n in (0, 1, 4, 127, 128, 255, 256, 65_535, 110_003)}
KEYS = 8


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
    """Signed and encoded as the adapter does; read back from the bytes as the venue does."""

    def __init__(self, seed: int) -> None:
        self.found = Findings()
        self._dice = random.Random(seed)
        keys = [f"0x{self._dice.getrandbits(256) | 1:064x}" for _ in range(KEYS)]
        self._signers = [(Signer(key), address_of(key)) for key in keys]
        self._makers: tuple[Callable[[], actions.Action], ...] = (
            self._place,
            self._modify,
            self._cancel,
            self._leverage,
            self._margin,
            self._schedule,
            lambda: {"type": "noop"},
        )

    def run(self, count: int) -> Findings:
        for number in range(count):
            action = self._makers[number % len(self._makers)]()
            self._judge(action)
        return self.found

    def _judge(self, action: actions.Action) -> None:
        dice = self._dice
        signer, owner = dice.choice(self._signers)
        network = dice.choice(list(Network))
        nonce = dice.choice((1_700_000_000_000 + dice.randrange(10**12), dice.randrange(1, 2**63)))
        expires = dice.choice((None, nonce % 2**62 + dice.randrange(1, 60_000)))
        signature = signer.sign(action, nonce, expires, network)
        body = msgspec.json.encode(
            {
                "action": action,
                "nonce": nonce,
                "signature": {"r": signature.r, "s": signature.s, "v": signature.v},
                "vaultAddress": None,
                "expiresAfter": expires,
            }
        )
        self.found.cases += 1
        kind = action["type"]
        self.found.kinds[kind] = self.found.kinds.get(kind, 0) + 1
        believed = signer_of(body, network.value)
        if not believed == owner == signer.address:
            self.found.wrong.append(f"{owner} signed and {believed} was recovered: {body.decode()}")

    # --- actions ---

    def _coin(self) -> str:
        return self._dice.choice(list(INSTRUMENTS))

    def _number(self) -> Decimal:
        return Decimal(self._dice.randrange(1, 10**10)).scaleb(-self._dice.randint(0, 8))

    def _name(self) -> str:
        return f"0x{self._dice.getrandbits(128):032x}"

    def _order(self) -> Order:
        dice = self._dice
        trigger = None
        if dice.random() < 0.4:
            trigger = Trigger(self._number(), dice.choice(list(TriggerKind)), dice.random() < 0.5)
        return Order(
            self._coin(),
            dice.choice(list(Side)),
            self._number(),
            self._number(),
            dice.choice(list(TimeInForce)),
            reduce_only=dice.random() < 0.5,
            trigger=trigger,
            market=trigger is None and dice.random() < 0.3,
            client_order_id=self._name(),
        )

    def _place(self) -> actions.Action:
        count = self._dice.choice((1, 1, 2, 3, 16, 40))
        return actions.place([self._order() for _ in range(count)], self._dice.choice(list(Grouping)), INSTRUMENTS)

    def _target(self, *, named: bool) -> CancelTarget:
        return CancelTarget(self._coin(), self._dice.randrange(1, 2**50), self._name() if named else None)

    def _modify(self) -> actions.Action:
        return actions.modify(self._target(named=self._dice.random() < 0.5), self._order(), INSTRUMENTS)

    def _cancel(self) -> actions.Action:
        named = self._dice.random() < 0.5
        return actions.cancel([self._target(named=named) for _ in range(self._dice.choice((1, 2, 20)))], INSTRUMENTS)

    def _leverage(self) -> actions.Action:
        wanted = Leverage(self._dice.choice(list(MarginMode)), self._dice.randint(1, 50))
        return actions.update_leverage(self._coin(), wanted, INSTRUMENTS)

    def _margin(self) -> actions.Action:
        amount = Decimal(self._dice.randrange(-(10**12), 10**12)).scaleb(-6)
        return actions.update_isolated_margin(self._coin(), amount, INSTRUMENTS)

    def _schedule(self) -> actions.Action:
        return actions.schedule_cancel(self._dice.choice((None, 1_800_000_000_000 + self._dice.randrange(10**6))))
