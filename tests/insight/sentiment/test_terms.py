from __future__ import annotations

import tomllib

import pytest
from pydantic import ValidationError

from hlmaster.core.toml import toml_text
from hlmaster.insight.sentiment.sources import chosen
from hlmaster.insight.sentiment.terms import News


def test_out_of_the_box_every_kind_of_source_is_read_over_a_safe_line() -> None:
    kinds = {type(source).__name__ for source in chosen(News())}
    assert kinds == {"Feed", "Subreddit", "FearGreed", "SentiCrypt", "CryptoCompare"}
    addresses = [*News().feeds, News().reddit, News().fear_greed, News().senticrypt, News().cryptocompare]
    assert all(address.startswith("https://") for address in addresses)


def test_an_address_that_is_taken_out_stays_out() -> None:
    kept = tomllib.loads(toml_text({}, {"news": News(reddit="", feeds=()).model_dump()}, {}))
    assert News.model_validate(kept["news"]) == News(reddit="", feeds=())


def test_a_user_adds_a_feed_and_leaves_out_the_rest() -> None:
    url = "https://example.org/feed"
    mine = News(feeds=(url, f"{url}/"), reddit="", fear_greed="", senticrypt="", cryptocompare="")
    assert [source.name for source in chosen(mine)] == ["example.org/feed"]


@pytest.mark.parametrize(
    "changed", [{"feeds": ("file:///etc/passwd",)}, {"subreddits": ("a/../b",)}, {"poll_minutes": 0.5}]
)
def test_what_is_no_source_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        News.model_validate(changed)
