from __future__ import annotations

from hlmaster.core.opinions import CoinSentiment
from hlmaster.desk.advising.columns import columns
from hlmaster.market.grid.knowledge import SENTIMENT
from hlmaster.market.window import COLUMNS


def test_every_figure_has_its_column_and_what_is_absent_stays_absent() -> None:
    known = dict(columns(CoinSentiment("BTC", 0, 0.8, 0.6, 9, 0.1, 0.05, 1, (0.7, 0.6, None))))
    assert tuple(known) == SENTIMENT
    assert known.keys() <= COLUMNS.keys()
    assert (known["sentiment"], known["sentiment_extreme"], known["sentiment_14d"]) == (0.8, 1.0, None)
    unknown = dict(columns(CoinSentiment("BTC", 0, None, None, 0, None, None, 0, (None, None, None))))
    assert set(unknown.values()) == {None}, "no extreme is not the same as knowing nothing"
