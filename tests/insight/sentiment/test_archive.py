from __future__ import annotations

from hlmaster.core.clock import DAY_MS
from hlmaster.insight.sentiment.archive import MOST_HEADLINES, MOST_SEEN, Archive
from hlmaster.insight.sentiment.features import HISTORY_MS
from tests.insight.sentiment.press import headline

NOW = 1_700_000_000_000


def test_a_headline_is_kept_for_two_weeks() -> None:
    archive = Archive()
    archive.add([headline("old", published_ms=NOW - HISTORY_MS + 1), headline("new", published_ms=NOW)], NOW)
    assert len(archive) == 2
    archive.add([], NOW + 1)
    assert [it.title for it in archive.about("BTC")] == ["new"]


def test_what_is_kept_has_a_bound_and_the_oldest_goes_first() -> None:
    archive = Archive()
    archive.add([headline(str(age), published_ms=NOW - age) for age in range(MOST_HEADLINES + 5)], NOW)
    assert len(archive) == MOST_HEADLINES
    assert archive.get("0") is not None
    assert archive.get(str(MOST_HEADLINES)) is None


def test_what_stands_in_a_feed_for_months_is_heard_once() -> None:
    archive = Archive()
    assert not archive.seen("undated", NOW)
    for day in range(1, 100):
        archive.add([], NOW + day * DAY_MS)
        assert archive.seen("undated", NOW + day * DAY_MS)
    archive.add([], NOW + 99 * DAY_MS + HISTORY_MS)
    assert not archive.seen("undated", NOW + 114 * DAY_MS)


def test_what_nothing_could_be_made_of_is_heard_again() -> None:
    archive = Archive()
    archive.seen("key", NOW)
    archive.forget("key")
    assert not archive.seen("key", NOW)


def test_remembered_keys_have_a_bound() -> None:
    archive = Archive()
    for number in range(MOST_SEEN + 10):
        archive.seen(str(number), NOW)
    archive.add([], NOW)
    assert len(archive._seen) == MOST_SEEN
    assert not archive.seen("0", NOW)


def test_a_coin_s_headlines_are_found_and_follow_what_changes() -> None:
    archive = Archive()
    archive.add(
        [headline("one", coins=("PEPE", "BTC"), published_ms=NOW), headline("two", coins=(), published_ms=NOW)], NOW
    )
    assert [it.key for it in archive.about("kPEPE")] == [it.key for it in archive.about("BTC")] == ["one", "two"]
    assert [it.key for it in archive.about("ETH")] == ["two"]
    archive.add([headline("one", coins=("ETH",), published_ms=NOW)], NOW)
    assert [it.key for it in archive.about("BTC")] == ["two"]
    assert len(archive) == 2
