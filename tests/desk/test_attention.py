"""A card is judged when what its verdict hangs on is other than it was, or when its clock asks for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import ManualClock
from hlmaster.desk.attention import IN_TURN, PERIOD_SECONDS, Attention, Sight


def sight(name: str = "a", terms: object = 0, price: object = 1) -> Sight:
    return Sight(name, (terms,), (price,))


def test_a_card_at_rest_is_judged_once_and_then_once_a_second() -> None:
    clock = ManualClock()
    attention = Attention(clock)
    assert attention.choose([sight()]) == {"a"}
    judged = 0
    for _ in range(40):
        clock.advance(250)
        judged += len(attention.choose([sight()]))
    assert judged == 10 / PERIOD_SECONDS


def test_a_moved_price_and_other_terms_are_judged_at_the_next_look() -> None:
    attention = Attention(ManualClock())
    attention.choose([sight()])
    assert attention.choose([sight()]) == set()
    assert attention.choose([sight(price=2)]) == {"a"}
    assert attention.choose([sight(price=2, terms="halted")]) == {"a"}
    assert attention.choose([sight(price=2, terms="halted")]) == set()


def test_a_card_that_went_and_came_back_is_new() -> None:
    attention = Attention(ManualClock())
    attention.choose([sight()])
    attention.choose([])
    assert attention.choose([sight()]) == {"a"}


@given(st.integers(1, 60), st.lists(st.booleans(), min_size=8, max_size=30))
def test_in_a_wild_market_cards_take_turns_and_none_is_left_out(cards: int, moves: list[bool]) -> None:
    clock = ManualClock()
    attention, names = Attention(clock), [f"{number:02d}" for number in range(cards)]
    last = dict.fromkeys(attention.choose([sight(name) for name in names]), 0)
    assert set(last) == set(names)
    for look, moved in enumerate(moves, 1):
        clock.advance(250)
        chosen = attention.choose([sight(name, price=look if moved else look - 1) for name in names])
        assert len(chosen) <= max(IN_TURN, -(-cards // 4))
        last |= dict.fromkeys(chosen, look)
        assert all(look - seen <= 7 for seen in last.values())


@given(st.integers(1, 60))
def test_new_terms_are_judged_on_all_cards_at_once(cards: int) -> None:
    attention, names = Attention(ManualClock()), [str(number) for number in range(cards)]
    attention.choose([sight(name) for name in names])
    assert attention.choose([sight(name, terms="halted") for name in names]) == set(names)
