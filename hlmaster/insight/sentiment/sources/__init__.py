"""One adapter a file. ``chosen`` makes those that the settings name."""

from __future__ import annotations

from hlmaster.insight.sentiment.source import Source
from hlmaster.insight.sentiment.sources.cryptocompare import CryptoCompare
from hlmaster.insight.sentiment.sources.fear_greed import FearGreed
from hlmaster.insight.sentiment.sources.reddit import Subreddit
from hlmaster.insight.sentiment.sources.rss import Feed
from hlmaster.insight.sentiment.sources.senticrypt import SentiCrypt
from hlmaster.insight.sentiment.terms import News


def chosen(terms: News) -> tuple[Source, ...]:
    """Each once, by name."""
    found: list[Source] = [Feed(url) for url in terms.feeds]
    if terms.reddit:
        found += [Subreddit(name, terms.reddit) for name in terms.subreddits]
    if terms.fear_greed:
        found.append(FearGreed(terms.fear_greed))
    if terms.senticrypt:
        found.append(SentiCrypt(terms.senticrypt))
    if terms.cryptocompare:
        found.append(CryptoCompare(terms.cryptocompare))
    return tuple({source.name: source for source in found}.values())
