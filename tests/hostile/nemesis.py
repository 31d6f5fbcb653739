"""A seeded enemy: what goes wrong when, drawn before the schedule begins so that a seed tells it all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from hlmaster.exchange.simulator.faults import Fault, FaultKind

ACCOUNT_STREAMS = ("userFills", "orderUpdates", "userFills", "clearinghouseState", "openOrders", "")
PATHS = ("/exchange", "/exchange", "/info", "")


@dataclass(frozen=True, slots=True)
class Blow:
    """At ``at`` seconds: a fault of the exchange, a crash of the desk, or an outage of the exchange."""

    at: float
    fault: Fault | None = None
    crash: bool = False
    down: float = 0.0
    """Seconds that the desk, or the exchange, stays away."""

    def __str__(self) -> str:
        if self.fault is None:
            return f"{'crash of the desk' if self.crash else 'outage of the exchange'} for {self.down:.1f} s"
        fault = self.fault
        parts = [f"{name} {value}" for name in ("count", "seconds", "channel", "share", "lasts", "coin", "percent")
                 if (value := getattr(fault, name)) not in ("", 0.0)]  # fmt: skip
        return f"{fault.kind} ({', '.join(parts)})"

    @property
    def over(self) -> float:
        """When its effect has ended."""
        if self.fault is None:
            return self.at + self.down
        return self.at + self.fault.lasts + max(0.0, self.fault.seconds)


Draw = Callable[[Random], Fault]


def _stream(kind: FaultKind) -> Draw:
    def draw(rng: Random) -> Fault:
        delay = _delay(rng) if kind is FaultKind.DELAY else 0.0
        channel, share, lasts = rng.choice(ACCOUNT_STREAMS), rng.uniform(0.01, 0.8), rng.uniform(2, 25)
        if kind is FaultKind.OVERSIZE:
            return Fault(kind, 1, channel=channel)
        return Fault(kind, 0, delay, channel, share, lasts)

    return draw


def _delay(rng: Random) -> float:
    """Mostly some seconds, seldom up to ninety."""
    return rng.uniform(20, 90) if rng.random() < 0.1 else rng.uniform(0.2, 20)


def _request(kind: FaultKind, seconds: Callable[[Random], float] = lambda _: 0.0) -> Draw:
    def draw(rng: Random) -> Fault:
        path = "/exchange" if kind in (FaultKind.REPLY_LOST, FaultKind.ERROR_AFTER_ACCEPT) else rng.choice(PATHS)
        return Fault(kind, rng.choice((1, 1, 2, 4)), seconds(rng), path)

    return draw


def _storm(kind: FaultKind) -> Draw:
    return lambda rng: Fault(kind, 0, 0.0, rng.choice(PATHS), rng.uniform(0.3, 1.0), rng.uniform(1, 15))


def _state(kind: FaultKind, seconds: tuple[float, float] = (0.0, 0.0), lasts: tuple[float, float] = (3, 20)) -> Draw:
    return lambda rng: Fault(kind, 0, rng.uniform(*seconds), lasts=rng.uniform(*lasts))


def _external(rng: Random) -> Fault:
    size = f"{rng.uniform(0.001, 0.01):.4f}"
    away = rng.choice((0.0, 0.0, rng.uniform(0.1, 2.0)))
    coin, side = rng.choice(("BTC", "ETH")), rng.choice(("buy", "sell"))
    return Fault(FaultKind.EXTERNAL_ORDER, coin=coin, side=side, size=size, percent=away)


def _jump(rng: Random) -> Fault:
    percent = rng.choice((-1, 1)) * rng.choice((rng.uniform(1, 5), rng.uniform(10, 60)))
    return Fault(FaultKind.PRICE_JUMP, coin=rng.choice(("BTC", "ETH")), percent=percent)


K = FaultKind
MENU: tuple[tuple[int, Draw], ...] = (
    (4, _stream(K.DROP)),
    (2, _stream(K.DELAY)),
    (2, _stream(K.DUPLICATE)),
    (2, _stream(K.REORDER)),
    (1, _stream(K.GARBAGE)),
    (1, _stream(K.TRUNCATED)),
    (1, _stream(K.OVERSIZE)),
    (3, _request(K.REQUEST_LOST, lambda rng: rng.choice((0.0, rng.uniform(0, 20))))),
    (4, _request(K.REQUEST_LATE, _delay)),
    (2, _request(K.REQUEST_TWICE, lambda rng: rng.uniform(0, 10))),
    (2, _request(K.SLOW_REPLY, _delay)),
    (4, _request(K.REPLY_LOST, lambda rng: rng.choice((0.0, rng.uniform(0, 20))))),
    (3, _request(K.ERROR_AFTER_ACCEPT)),
    (1, _request(K.REPLY_GARBAGE)),
    (1, _request(K.REPLY_TRUNCATED)),
    (1, _request(K.REPLY_OVERSIZE)),
    (2, _storm(K.HTTP_429)),
    (2, _storm(K.HTTP_500)),
    (2, _storm(K.HTTP_502)),
    (2, lambda rng: Fault(K.SILENT)),
    (2, lambda rng: Fault(K.HALF_OPEN)),
    (3, lambda rng: Fault(K.CLOSE)),
    (1, _state(K.REFUSE_SOCKETS)),
    (2, _state(K.POST_ONLY)),
    (2, _state(K.LAGGING_STATUS, (2, 15))),
    (3, _state(K.STALE_READS, (1, 20))),
    (3, lambda rng: Fault(K.UNKNOWN_OID, 0, share=rng.uniform(0.2, 0.7), lasts=rng.uniform(3, 30))),
    (1, _state(K.MALFORMED_META)),
    (1, _state(K.CLOCK_SKEW, (0.2, 4))),
    (3, _external),
    (2, _jump),
)
CRASHES, OUTAGES = 0.17, 0.08
"""Their share among the blows."""


def draw_blows(rng: Random, active: float) -> list[Blow]:
    """Two to twelve, in order of time; no crash while the desk is still down from the last."""
    blows: list[Blow] = []
    free = 0.0
    for at in sorted(rng.uniform(0.2, active) for _ in range(rng.randrange(2, 13))):
        dice = rng.random()
        if dice < CRASHES and at >= free:
            down = rng.uniform(0.1, 10)
            free = at + down + 0.5
            blows.append(Blow(at, crash=True, down=down))
        elif CRASHES <= dice < CRASHES + OUTAGES and at >= free:
            down = rng.uniform(0.1, 12)
            free = at + down + 0.5
            blows.append(Blow(at, down=down))
        else:
            weights, draws = zip(*MENU, strict=True)
            (draw,) = rng.choices(draws, weights)
            blows.append(Blow(at, draw(rng)))
    return blows
