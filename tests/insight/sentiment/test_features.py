from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import DAY_MS, HOUR_MS
from hlmaster.core.opinions import Headline
from hlmaster.insight.sentiment.features import FIGURE, HISTORY_MS, Life, mood, relevance
from tests.insight.sentiment.press import headline

NOW = 1_700_000_000_000
LIFE = Life(half_life_ms=6 * HOUR_MS, expires_ms=24 * HOUR_MS)


def aged(hours: float, **changed: object) -> Headline:
    return headline(f"{hours} {sorted(changed.items())}", published_ms=NOW - int(hours * HOUR_MS), **changed)


def test_nothing_heard_is_nothing_known() -> None:
    found = mood("BTC", [], NOW, LIFE)
    assert (found.score, found.confidence, found.momentum, found.volatility) == (None, None, None, None)
    assert (found.headlines, found.extreme, found.averages) == (0, 0, (None, None, None))


def test_what_is_about_others_or_hardly_meant_is_nothing() -> None:
    assert mood("BTC", [aged(0, coins=("ETH",)), aged(0, confidence=0.29)], NOW, LIFE).score is None


def test_what_names_the_coin_counts_twice_what_names_none() -> None:
    told = [aged(0, score=1.0), aged(0, score=0.0, coins=())]
    assert mood("BTC", told, NOW, LIFE).score == pytest.approx(2 / 3)
    assert relevance(headline(coins=("PEPE",)), "kPEPE") == 1.0


def test_a_headline_halves_every_half_life_and_expires() -> None:
    told = [aged(0, score=1.0), aged(6, score=0.0)]
    assert mood("BTC", told, NOW, LIFE).score == pytest.approx(2 / 3)
    assert mood("BTC", told, NOW, LIFE).headlines == 2
    assert mood("BTC", [aged(24)], NOW, LIFE).score is None
    assert mood("BTC", [aged(23.9)], NOW, LIFE).score is not None


def test_a_published_figure_lives_until_the_next_is_there() -> None:
    assert mood("BTC", [aged(30, scorer=FIGURE)], NOW, LIFE).score is not None
    assert mood("BTC", [aged(48, scorer=FIGURE)], NOW, LIFE).score is None
    assert LIFE.weight(aged(24, scorer=FIGURE), NOW) == pytest.approx(0.5)


def test_more_fresh_headlines_are_believed_more_and_none_wholly() -> None:
    few = mood("BTC", [aged(0)], NOW, LIFE)
    many = mood("BTC", [aged(0, source=f"source {n}") for n in range(20)], NOW, LIFE)
    assert few.confidence == pytest.approx(0.6 / 2)
    assert many.confidence == pytest.approx(0.6 * 20 / 21)


def test_a_source_that_floods_counts_for_three() -> None:
    flood = [aged(n / 1000, source="flood", score=0.0) for n in range(200)]
    sober = [aged(0, source=f"source {n}", score=1.0) for n in range(3)]
    assert mood("BTC", flood, NOW, LIFE).confidence == pytest.approx(0.6 * 3 / 4)
    assert mood("BTC", flood + sober, NOW, LIFE).score == pytest.approx(0.5)


def test_averages_need_half_of_their_days() -> None:
    two = [aged(1, score=0.9), aged(25, score=0.5)]
    assert mood("BTC", two, NOW, LIFE).averages == (pytest.approx(0.7), None, None)
    four = [*two, aged(49, score=0.1), aged(150, score=0.1)]
    assert mood("BTC", four, NOW, LIFE).averages == (pytest.approx(0.5), pytest.approx(0.4), None)
    fortnight = [aged(24 * day + 1, score=0.5) for day in range(14)]
    assert mood("BTC", fortnight, NOW, LIFE).averages == (0.5, 0.5, 0.5)
    assert mood("BTC", [aged(24 * 15)], NOW, LIFE).averages == (None, None, None)


def test_momentum_is_the_distance_to_the_week_and_volatility_that_of_the_days() -> None:
    told = [aged(24 * day + 1, score=0.8 if day == 0 else 0.4) for day in range(7)]
    found = mood("BTC", told, NOW, LIFE)
    assert found.momentum == pytest.approx(0.8 - (0.8 + 6 * 0.4) / 7)
    assert found.volatility == pytest.approx(0.151186, rel=1e-4)
    assert mood("BTC", told[:2], NOW, LIFE).volatility is None


@pytest.mark.parametrize(("score", "extreme"), [(0.9, 1), (0.75, 1), (0.74, 0), (0.26, 0), (0.25, -1), (0.0, -1)])
def test_extremes_are_greed_and_fear(score: float, extreme: int) -> None:
    assert mood("BTC", [aged(0, score=score)] * 3, NOW, LIFE).extreme == extreme
    assert mood("BTC", [aged(0, score=score, confidence=0.31)], NOW, LIFE).extreme == 0


told = st.lists(
    st.builds(
        headline,
        st.text(max_size=3),
        published_ms=st.integers(NOW - HISTORY_MS - DAY_MS, NOW + DAY_MS),
        score=st.floats(0, 1),
        confidence=st.floats(0, 1),
        coins=st.sampled_from([(), ("BTC",), ("ETH",), ("BTC", "ETH")]),
    ),
    max_size=30,
)


@given(told)
def test_every_figure_is_in_its_range_whatever_was_heard(headlines: list[Headline]) -> None:
    found = mood("BTC", headlines, NOW, LIFE)
    for figure in (found.score, found.confidence, *found.averages):
        assert figure is None or -1e-9 <= figure <= 1 + 1e-9
    assert found.momentum is None or -1 <= found.momentum <= 1
    assert found.volatility is None or 0 <= found.volatility <= 1
    assert (found.score is None) == (found.confidence is None) == (found.headlines == 0)


@given(told, st.randoms(use_true_random=False))
def test_the_order_in_which_it_was_heard_changes_nothing(headlines: list[Headline], chance: random.Random) -> None:
    shuffled = headlines[:]
    chance.shuffle(shuffled)
    assert mood("BTC", shuffled, NOW, LIFE).score == pytest.approx(mood("BTC", headlines, NOW, LIFE).score)
