"""The rules of proof against a world that loses, delays, lags and crashes: a wish never becomes two orders.

The user of this world is impatient: at the instant an attempt is declared dead the next one is sent.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hlmaster.trading.execution.proof import (
    EXPIRY_MARGIN_MS,
    Fence,
    FenceAnswer,
    Proof,
)

EXPIRES_MS = 15_000
LONGEST_INDEX_LAG_MS = 8_000


class Venue:
    """Takes an order once, by its nonce and before its expiry; its order index shows it only some time later."""

    def __init__(self) -> None:
        self.nonces: set[int] = set()
        self.landed: dict[int, int] = {}
        """Nonce and time of every order that was accepted."""

    def take(self, nonce: int, expires_ms: int, now_ms: int) -> bool:
        if nonce in self.nonces:
            return False
        self.nonces.add(nonce)
        if now_ms > expires_ms:
            return False
        self.landed[nonce] = now_ms
        return True

    def take_nothing(self, nonce: int) -> FenceAnswer:
        if nonce in self.nonces:
            return FenceAnswer.NONCE_USED
        self.nonces.add(nonce)
        return FenceAnswer.ACCEPTED

    def knows(self, nonce: int, as_of_ms: int) -> bool:
        return nonce in self.landed and self.landed[nonce] <= as_of_ms


class Run:
    """One wish through one random world, by the rules or by one of the ways that are known to be wrong."""

    def __init__(self, seed: int, protocol: str) -> None:
        self.dice, self.protocol = random.Random(seed), protocol
        self.venue, self.now_ms = Venue(), 0
        self.on_their_way: list[tuple[int, int]] = []
        """Arrival and nonce of orders under way; each expires as it says whoever has sent it."""
        self.expiries: dict[int, int] = {}

    def wait(self, ms: int) -> None:
        """What is under way arrives when its time comes."""
        self.now_ms += ms
        for arrival, nonce in sorted(one for one in self.on_their_way if one[0] <= self.now_ms):
            self.on_their_way.remove((arrival, nonce))
            self.venue.take(nonce, self.expiries[nonce], arrival)

    def play(self) -> int:
        """Attempts until one is known to have landed; returns how many orders the wish became."""
        for nonce in range(1, 30):
            if self._attempt(nonce):
                break
        self.wait(200_000)
        return len(self.venue.landed)

    def _attempt(self, nonce: int) -> bool:
        dice, self.expiries[nonce] = self.dice, self.now_ms + EXPIRES_MS
        luck = dice.random()
        if luck < 0.10:
            pass  # lost on its way
        elif luck < 0.25:
            self.on_their_way.append((self.now_ms + dice.randrange(1_000, 90_000), nonce))
        else:
            self.wait(100)
            taken = self.venue.take(nonce, self.expiries[nonce], self.now_ms)
            if dice.random() < 0.7:
                return taken  # the answer came
        return self._resolve(nonce, crashed=dice.random() < 0.10)

    def _resolve(self, nonce: int, crashed: bool) -> bool:
        """True: it landed. False: it is declared dead."""
        if self.protocol == "retry at once":
            return False
        if self.protocol == "poll five times":
            for _ in range(5):
                self.wait(2_000)
                if self._is_known(nonce):
                    return True
            return False
        return self._prove(nonce, crashed)

    def _is_known(self, nonce: int) -> bool:
        return self.venue.knows(nonce, self.now_ms - self.dice.randrange(LONGEST_INDEX_LAG_MS))

    def _prove(self, nonce: int, crashed: bool) -> bool:
        dice, proof = self.dice, Proof(self.expiries[nonce])
        fence_tried = False
        while True:
            if crashed or dice.random() < 0.02:
                # Only what is on disk survives: the intent, and that a fence was about to be sent.
                crashed, proof = False, Proof(self.expiries[nonce], fenced=fence_tried)
                self.wait(dice.randrange(1_000, 20_000))
            venue_ms = None if dice.random() < 0.1 else self.now_ms - dice.randrange(60_000)
            heard = dice.random() < 0.9
            if heard and self._is_known(nonce):
                return True
            if self.protocol != "no fence" and proof.wants_fence:
                fence_tried = True
                proof.fence_answered(self._fence(nonce))
            if proof.never_came:
                return False
            proof.asked(heard, venue_ms, self.now_ms / 1000)
            if proof.left_no_trace:
                return False
            self.wait(dice.randrange(4_000, 7_000))

    def _fence(self, nonce: int) -> FenceAnswer:
        luck = self.dice.random()
        if luck < 0.1:
            return FenceAnswer.NOT_SENT
        if luck < 0.2:
            return FenceAnswer.LOST
        answer = self.venue.take_nothing(nonce)
        return FenceAnswer.LOST if luck < 0.35 else answer


def doubled(protocol: str, seeds: range) -> int:
    return sum(1 for seed in seeds if Run(seed, protocol).play() > 1)


def test_a_hundred_thousand_wishes_become_one_order_each() -> None:
    assert doubled("proof", range(100_000)) == 0


def test_without_a_fence_expiry_alone_proves_as_much() -> None:
    assert doubled("no fence", range(20_000)) == 0


@pytest.mark.parametrize("protocol", ["retry at once", "poll five times"])
def test_the_same_worlds_double_the_orders_of_those_who_prove_nothing(protocol: str) -> None:
    assert doubled(protocol, range(2_000)) > 20


def rounds(proof: Proof, *asked: tuple[bool, int | None, float]) -> Iterator[bool]:
    for clean, venue_ms, seconds in asked:
        proof.asked(clean, venue_ms, seconds)
        yield proof.left_no_trace


LATE = EXPIRES_MS + EXPIRY_MARGIN_MS + 1


@pytest.mark.parametrize(
    ("asked", "proven"),
    [
        ([(True, LATE, 0.0), (True, LATE, 5.0), (True, LATE, 10.0)], [False, False, True]),
        ([(True, LATE - 1, 0.0), (True, LATE, 5.0), (True, LATE, 10.0)], [False] * 3),
        ([(True, LATE, 0.0), (True, LATE, 4.9), (True, LATE, 5.0), (True, LATE, 10.0)], [False, False, False, True]),
        ([(True, LATE, 0.0), (False, LATE, 5.0), (True, LATE, 10.0), (True, LATE, 15.0)], [False] * 4),
        ([(True, LATE, 0.0), (True, None, 5.0), (True, LATE, 10.0), (True, LATE, 15.0)], [False] * 4),
        ([(True, LATE, 0.0), (True, LATE - 9, 5.0), (True, LATE, 10.0), (True, LATE, 15.0)], [False] * 4),
    ],
)
def test_three_clean_negatives_in_a_row_past_the_expiry(
    asked: list[tuple[bool, int | None, float]], proven: list[bool]
) -> None:
    assert list(rounds(Proof(EXPIRES_MS), *asked)) == proven


def test_what_a_fence_says() -> None:
    proof = Proof(EXPIRES_MS)
    proof.fence_answered(FenceAnswer.NOT_SENT)
    assert proof.fence is Fence.OPEN
    proof.fence_answered(FenceAnswer.NONCE_USED)
    assert (proof.arrived, proof.wants_fence) == (True, False)
    for before in (Proof(EXPIRES_MS, fenced=True), Proof(EXPIRES_MS)):
        before.fence_answered(FenceAnswer.LOST)
        before.fence_answered(FenceAnswer.NONCE_USED)
        assert (before.fence, before.arrived, before.never_came) == (Fence.NONE, False, False)
    holding = Proof(EXPIRES_MS, fenced=True)
    holding.fence_answered(FenceAnswer.ACCEPTED)
    assert holding.never_came


# --- the same world with an adversary at every step ---


class OneWish(RuleBasedStateMachine):
    """Hypothesis decides what arrives when, what is lost, how far the index lags, and when the process dies."""

    def __init__(self) -> None:
        super().__init__()
        self.venue, self.now_ms = Venue(), 0
        self.nonce = 0
        self.expires_ms = 0
        self.under_way: list[tuple[int, int]] = []
        self.fences_under_way: list[int] = []
        self.proof: Proof | None = None
        self.fence_tried = self.is_known = False

    @precondition(lambda self: self.proof is None and not self.is_known)
    @rule()
    def send(self) -> None:
        self.nonce += 1
        self.expires_ms = self.now_ms + EXPIRES_MS
        self.under_way.append((self.nonce, self.expires_ms))
        self.proof, self.fence_tried = Proof(self.expires_ms), False

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), answered=st.booleans())
    def arrive(self, data: st.DataObject, answered: bool) -> None:
        one = data.draw(st.sampled_from(self.under_way))
        self.under_way.remove(one)
        nonce, expires_ms = one
        taken = self.venue.take(nonce, expires_ms, self.now_ms)
        if answered and taken and nonce == self.nonce and self.proof is not None:
            self.is_known, self.proof = True, None

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        self.under_way.remove(data.draw(st.sampled_from(self.under_way)))

    @rule(seconds=st.sampled_from([0, 1, 5, 6, 20, 90]))
    def pass_time(self, seconds: int) -> None:
        self.now_ms += seconds * 1_000

    @precondition(lambda self: self.proof is not None)
    @rule(
        lag_ms=st.integers(0, LONGEST_INDEX_LAG_MS - 1),
        clock_lag_ms=st.integers(0, 60_000),
        heard=st.booleans(),
    )
    def ask(self, lag_ms: int, clock_lag_ms: int, heard: bool) -> None:
        assert self.proof is not None
        if heard and self.venue.knows(self.nonce, self.now_ms - lag_ms):
            self.is_known, self.proof = True, None
            return
        self.proof.asked(heard, self.now_ms - clock_lag_ms, self.now_ms / 1000)
        if self.proof.left_no_trace:
            self.proof = None

    @precondition(lambda self: self.proof is not None and self.proof.wants_fence)
    @rule(fate=st.sampled_from(["answered", "lost", "answer lost", "late", "not sent"]))
    def fence(self, fate: str) -> None:
        assert self.proof is not None
        answer = FenceAnswer.LOST
        self.fence_tried |= fate != "not sent"
        if fate == "not sent":
            answer = FenceAnswer.NOT_SENT
        elif fate == "late":
            self.fences_under_way.append(self.nonce)
        elif fate != "lost":
            told = self.venue.take_nothing(self.nonce)
            answer = told if fate == "answered" else FenceAnswer.LOST
        self.proof.fence_answered(answer)
        if self.proof.never_came:
            self.proof = None

    @precondition(lambda self: self.fences_under_way)
    @rule()
    def fence_arrives(self) -> None:
        self.venue.take_nothing(self.fences_under_way.pop())

    @precondition(lambda self: self.proof is not None)
    @rule()
    def crash(self) -> None:
        self.proof = Proof(self.expires_ms, fenced=self.fence_tried)

    @invariant()
    def one_wish_is_one_order(self) -> None:
        assert len(self.venue.landed) <= 1


TestOneWish = OneWish.TestCase
TestOneWish.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
