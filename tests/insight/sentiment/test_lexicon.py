from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.errors import ConfigError
from hlmaster.core.resources import resource
from hlmaster.insight.sentiment.lexicon import MOST, Lexicon
from hlmaster.insight.sentiment.scoring import LEAST_CONFIDENCE

WORDS = Lexicon.load()

RISING = [
    "Bitcoin surges 12% to an all-time high",
    "Spot Bitcoin ETF approved",
    "Shorts liquidated in a massive squeeze",
    "Regulator drops lawsuit against the exchange",
    "Fears ease as inflation slows",
    "Losses narrow",
    "Ether defies the sell-off",
    "The network survived the attack",
    "Bitcoin never crashes",
    "Exchange denies insolvency",
    "Bitcoin shrugs off the ban",
    "ETH +5.2% today",
    "Outflows from exchanges? No: ETF inflows soared",
    "Whales are accumulating SOL",
    "🚀🚀",
    "Price was weak, but it is rallying now",
]
FALLING = [
    "Bitcoin is not bullish",
    "The rally fades",
    "$300M of longs liquidated as BTC plunges 8%",
    "Exchange hacked, $40M stolen",
    "Bridge exploited: hackers drain funds",
    "The regulator sues an exchange for fraud",
    "Exchange halts withdrawals",
    "Founder sentenced to four months in prison",
    "Gains were erased, and hopes faded",
    "ETH -5.2% today",
    "Lender files for bankruptcy",
    "Stablecoin loses its peg",
    "ETF outflows continue",
    "Bitcoin isn’t recovering",
    "Price was strong, but it is crashing now",
]
NOTHING = ["What is a blockchain?", "The conference begins on Monday", "", "   ", "12345", "比特币", "…"]


@pytest.mark.parametrize("title", RISING)
def test_good_news_are_rising(title: str) -> None:
    assert WORDS.judge(title).score > 0.6


@pytest.mark.parametrize("title", FALLING)
def test_bad_news_are_falling(title: str) -> None:
    assert WORDS.judge(title).score < 0.4


@pytest.mark.parametrize("title", NOTHING)
def test_what_leans_nowhere_is_nothing_with_no_confidence(title: str) -> None:
    found = WORDS.judge(title)
    assert (found.score, found.confidence, found.factors) == (0.5, 0.0, ())


@pytest.mark.parametrize(
    "rising",
    [
        ("Bitcoin gains slightly", "Bitcoin gains", "Bitcoin gains sharply"),
        ("Bitcoin could rise", "Bitcoin rises", "Bitcoin rises 30%"),
        ("Bitcoin drops 40%", "Bitcoin drops 10%", "Bitcoin drops"),
        ("Bitcoin rises", "Bitcoin rises and rallies"),
    ],
)
def test_intensity_moves_the_score(rising: tuple[str, ...]) -> None:
    scores = [WORDS.judge(title).score for title in rising]
    assert all(low < high for low, high in pairwise(scores))


def test_a_negation_ends_with_its_clause() -> None:
    assert WORDS.judge("There is no hack").score > 0.5
    assert WORDS.judge("There is no comment, hack goes on").score < 0.5


def test_a_question_and_a_contradiction_are_believed_less() -> None:
    plain, asked = WORDS.judge("Bitcoin is dead"), WORDS.judge("Bitcoin is dead?")
    assert asked.score == plain.score
    assert asked.confidence < plain.confidence
    assert WORDS.judge("Bitcoin gains, Ether falls").confidence < WORDS.judge("Bitcoin gains, Ether gains").confidence


def test_a_title_weighs_more_than_its_text() -> None:
    assert WORDS.judge("Bitcoin rises", "Ether falls").score > 0.5 > WORDS.judge("Ether falls", "Bitcoin rises").score


def test_factors_and_topics_say_why() -> None:
    found = WORDS.judge("Exchange hacked as the SEC sues and ETF outflows grow", "Bitcoin holds support")
    assert found.factors[0].startswith("hacked -")
    assert set(found.topics) >= {"security", "regulation", "funds"}
    assert found.scorer == "word list"


def test_a_word_is_known_in_every_form() -> None:
    forms = ("surge", "surges", "surged", "surging", "Surging", "SURGED")
    assert {WORDS.judge(form).score for form in forms} == {WORDS.judge("surge").score}
    assert {WORDS.stem(form) for form in ("rally", "rallies", "rallied")} == {WORDS.stem("rally")}
    assert {WORDS.stem(form) for form in ("fall", "falls", "fell", "fallen", "falling")} == {WORDS.stem("fall")}


def test_one_plain_word_is_enough_to_count_and_no_list_is_ever_sure() -> None:
    assert WORDS.judge("Bitcoin gains").confidence >= LEAST_CONFIDENCE
    assert WORDS.judge("crash " * 500).confidence <= MOST


said = st.sampled_from(
    [
        "bitcoin",
        "not",
        "no",
        "surge",
        "crash",
        "ease",
        ",",
        ".",
        "?",
        "but",
        "5%",
        "-3%",
        "$5m",
        "fears",
        "may",
        "🚀",
        "'",
    ]
)


@given(st.lists(said, max_size=30).map(" ".join) | st.text(max_size=200))
def test_whatever_the_text_the_figures_stay_in_their_range(text: str) -> None:
    found = WORDS.judge(text, text)
    assert 0 <= found.score <= 1
    assert 0 <= found.confidence <= MOST


def test_every_entry_of_the_list_stands_once_and_works() -> None:
    tree = tomllib.loads(resource("lexicon", "moods.toml").read_text("utf-8"))
    entries = [(entry, mood["weight"]) for mood in tree["moods"] for entry in mood["words"]]
    assert len({entry for entry, _ in entries}) == len(entries)
    dead = [entry for entry, weight in entries if (WORDS.judge(_said(entry)).score - 0.5) * weight <= 0]
    assert dead == []


def _said(entry: str) -> str:
    return entry.replace("%", "5%").replace("$", "$5")


def test_two_entries_do_not_share_a_form_unless_they_agree() -> None:
    tree = tomllib.loads(resource("lexicon", "moods.toml").read_text("utf-8"))
    signs: dict[tuple[str, ...], set[bool]] = {}
    for mood in tree["moods"]:
        for key in WORDS._keys(mood["words"]):
            signs.setdefault(key, set()).add(mood["weight"] > 0)
    assert [key for key, found in signs.items() if len(found) > 1] == []


@pytest.mark.parametrize("text", ["", "moods = 3", "not toml", "[topics]\nx = 1"])
def test_a_damaged_list_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "moods.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"moods\.toml"):
        Lexicon.load(file)
