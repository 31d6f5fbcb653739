"""Records of each model by coin and regime, of the weights that speak now, and the weight that all of them allow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hlmaster.core.opinions import Question
from hlmaster.core.signals import Direction
from hlmaster.insight.calibration import ledger as module
from hlmaster.insight.calibration.ledger import Ledger
from tests.insight.calibration.models import MODEL, NOW, a_call


def filled(ledger: Ledger, calls: int, wrong_every: int = 4, first: int = 0, **about: Any) -> None:
    for n in range(first, first + calls):
        side = Direction.LONG if n // wrong_every % 2 else Direction.SHORT
        ledger.add(a_call(n % wrong_every != 0, n, side, naive_right=n % 2 == 0, **about))


def test_a_model_nobody_heard_of_has_no_record() -> None:
    ledger = Ledger()
    assert ledger.overall("x").calls == 0
    assert (ledger.weight("x", "BTC", "trend"), ledger.calibrated("x", 0.8), ledger.models) == (0.0, None, ())


def test_records_are_apart_by_model_coin_and_regime() -> None:
    ledger = Ledger()
    filled(ledger, 60, coin="BTC", regime="trend")
    filled(ledger, 10, coin="ETH", regime="")
    filled(ledger, 5, model="other")
    assert ledger.models == (MODEL, "other")
    assert ledger.overall(MODEL).calls == 70
    assert {coin: record.calls for coin, record in ledger.by_coin(MODEL).items()} == {"BTC": 60, "ETH": 10}
    assert {regime: record.calls for regime, record in ledger.by_regime(MODEL).items()} == {"trend": 60, "": 10}
    assert ledger.overall("other").calls == 5


def test_who_says_yes_to_every_proposal_earns_nothing_by_it() -> None:
    ledger, known = Ledger(), a_call()
    ledger.add(replace(known, opinion=replace(known.opinion, question=Question.ENTRY)))
    assert ledger.overall(MODEL).calls == 0
    assert ledger.unknown == 0


def test_a_call_counts_once() -> None:
    ledger = Ledger()
    for _ in range(2):
        ledger.add(a_call())
    assert ledger.overall(MODEL).calls == 1


def test_an_unknown_outcome_is_counted_apart() -> None:
    ledger, known = Ledger(), a_call()
    ledger.add(replace(known, outcome=replace(known.outcome, change=float("nan"))))
    assert (ledger.unknown, ledger.overall(MODEL).calls) == (1, 0)


def test_other_weights_under_the_same_name_begin_a_record_of_their_own() -> None:
    ledger = Ledger()
    filled(ledger, 200)
    assert ledger.weight(MODEL, "BTC") > 0
    ledger.spoke(MODEL, "beef", NOW + 10**12)
    assert ledger.overall(MODEL).calls == 0
    assert ledger.weight(MODEL, "BTC") == 0
    filled(ledger, 3, first=900, digest="beef")
    filled(ledger, 1, first=300)
    assert ledger.overall(MODEL).calls == 3, "a late outcome of the old weights changes nothing"


def test_the_weight_is_less_where_a_coin_or_a_regime_shows_less_and_never_more() -> None:
    ledger = Ledger()
    filled(ledger, 300, coin="BTC", regime="trend")
    whole = ledger.overall(MODEL).weight
    assert whole > 0
    assert ledger.weight(MODEL, "SOL", "range") == whole, "too few calls there to say otherwise"
    filled(ledger, 60, wrong_every=2, first=300, coin="DOGE", regime="volatile")
    assert ledger.overall(MODEL).weight > 0
    assert ledger.weight(MODEL, "DOGE", "trend") == 0
    assert ledger.weight(MODEL, "BTC", "volatile") == 0
    assert ledger.weight(MODEL, "BTC", "trend") == ledger.overall(MODEL).weight


def test_the_oldest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CALLS", 5)
    ledger, again = Ledger(), Ledger()
    calls = [a_call(n % 2 == 0, n) for n in range(9)]
    for one in calls:
        ledger.add(one)
    for one in (calls[6], *calls[4:6], *calls[7:]):
        again.add(one)
    assert ledger.overall(MODEL).calls == 5
    assert ledger.overall(MODEL) == again.overall(MODEL)
