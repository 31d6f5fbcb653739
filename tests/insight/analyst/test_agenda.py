from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.opinions import Question
from hlmaster.insight.analyst.agenda import BY_HAND, HOUR_SECONDS, Agenda, Item, Pace
from tests.insight.analyst.markets import IDEA


def item(name: str, coin: str = "", question: Question = Question.MARKET, trigger: str = "a candle closed") -> Item:
    return Item(name, coin or name, question, trigger, IDEA if question is Question.ENTRY else None)


def order(agenda: Agenda) -> list[str]:
    taken = []
    while (first := agenda.take()) is not None:
        taken.append(first.call_id)
    return taken


def test_the_oldest_comes_first_after_who_asks_by_hand_and_what_is_proposed() -> None:
    agenda, proposed = Agenda(8), item("e", question=Question.ENTRY)
    for each in (item("a"), item("b", trigger=BY_HAND), item("c"), proposed, item("d", trigger=BY_HAND)):
        agenda.add(each)
    assert [each.call_id for each in agenda] == ["b", "d", "e", "a", "c"] == order(agenda)
    assert agenda.first() is None


def test_what_does_not_fit_drops_the_oldest_that_was_not_asked_by_hand() -> None:
    agenda = Agenda(3)
    for each in (item("a", trigger=BY_HAND), item("b"), item("c"), item("d"), item("e")):
        agenda.add(each)
    assert agenda.dropped == 2
    assert order(agenda) == ["a", "d", "e"]


def test_when_all_were_asked_by_hand_the_oldest_goes() -> None:
    agenda = Agenda(2)
    for name in "abc":
        agenda.add(item(name, trigger=BY_HAND))
    assert order(agenda) == ["b", "c"]


def test_the_same_question_waits_once_with_its_newest_reason() -> None:
    agenda = Agenda(8)
    assert agenda.add(item("a", "BTC")) == "a"
    assert agenda.add(item("b", "BTC", trigger="the price moved")) == "a"
    assert [each.trigger for each in agenda] == ["the price moved"]
    assert agenda.add(item("c", "BTC", trigger=BY_HAND)) == "a"
    agenda.add(item("d", "BTC"))
    assert [each.by_hand for each in agenda] == [True]
    assert agenda.add(item("e", "BTC", Question.SENTIMENT)) == "e"


def test_two_proposals_are_two_questions() -> None:
    agenda, first = Agenda(8), item("a", "BTC", Question.ENTRY)
    agenda.add(first)
    assert agenda.add(replace(first, call_id="b")) == "a"
    assert agenda.add(replace(first, call_id="c", idea=replace(IDEA, proposal_id="p2"))) == "c"


def test_what_is_no_longer_proposed_is_no_longer_asked() -> None:
    agenda, first = Agenda(8), item("a", "BTC", Question.ENTRY)
    for each in (first, replace(first, call_id="b", idea=replace(IDEA, proposal_id="p2")), item("c")):
        agenda.add(each)
    agenda.withdraw("p1")
    agenda.withdraw("unknown")
    assert order(agenda) == ["b", "c"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), max_size=60), st.integers(1, 5))
def test_it_never_holds_more_than_it_may(added: list[tuple[str, bool]], most: int) -> None:
    agenda = Agenda(most)
    for number, (coin, by_hand) in enumerate(added):
        agenda.add(item(str(number), coin, trigger=BY_HAND if by_hand else "x"))
        assert len(agenda) <= most
        assert len({each.coin for each in agenda}) == len(agenda)


@pytest.mark.parametrize(
    ("begun", "now", "by_hand", "wait"),
    [
        ((), 0.0, False, 0.0),
        ((0.0,), 4.0, False, 6.0),
        ((0.0,), 4.0, True, 6.0),
        ((0.0,), 10.0, False, 0.0),
        ((0.0, 10.0, 20.0), 30.0, False, HOUR_SECONDS - 30.0),
        ((0.0, 10.0, 20.0), 30.0, True, 0.0),
        ((0.0, 10.0, 20.0, 30.0), 40.0, False, HOUR_SECONDS - 30.0),
        ((0.0, 10.0, 20.0), HOUR_SECONDS, False, 0.0),
    ],
)
def test_calls_keep_their_distance_and_the_hour_its_budget(
    begun: tuple[float, ...], now: float, by_hand: bool, wait: float
) -> None:
    pace = Pace()
    for each in begun:
        pace.begin(each)
    assert pace.wait(now, gap=10.0, per_hour=3, by_hand=by_hand) == wait


def test_a_budget_of_nothing_leaves_what_is_asked_by_hand() -> None:
    assert Pace().wait(0.0, gap=10.0, per_hour=0, by_hand=True) == 0.0
    assert Pace().wait(0.0, gap=10.0, per_hour=0, by_hand=False) == HOUR_SECONDS


@given(st.lists(st.floats(0.0, 500.0), max_size=80), st.integers(1, 20))
def test_no_hour_has_more_calls_than_its_budget(pauses: list[float], per_hour: int) -> None:
    pace, now, begun = Pace(), 0.0, list[float]()
    for pause in pauses:
        now += pause
        if pace.wait(now, 10.0, per_hour, by_hand=False) == 0:
            pace.begin(now)
            begun.append(now)
            assert sum(now - each < HOUR_SECONDS for each in begun) <= per_hour
    assert all(later - earlier >= 10.0 for earlier, later in itertools.pairwise(begun))
