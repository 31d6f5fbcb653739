"""Info answers about the market (PROTOCOL: meta, contexts, books, candles, trades, funding, status)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hlmaster.core.clock import HOUR_MS
from hlmaster.exchange.simulator import shapes
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.listing import MARGIN_TABLES, margin_tiers
from hlmaster.exchange.simulator.questions import Question, Unanswerable
from hlmaster.exchange.simulator.schema import Malformed
from hlmaster.exchange.simulator.subscriptions import is_legal_grouping
from hlmaster.exchange.simulator.wire import dec

MOST_ROWS = 500
USDC = {
    "name": "USDC",
    "szDecimals": 8,
    "weiDecimals": 8,
    "index": 0,
    "tokenId": "0x6d1e7cde53ba9467b783cb7c530ce054",
    "isCanonical": True,
    "evmContract": None,
    "fullName": None,
    "deployerTradingFeeShare": "0.0",
}
MARKET_ORDER_LIMITS = [[25, "30000000.0"], [20, "5000000.0"], [10, "2000000.0"], [1, "500000.0"]]


def meta(house: House, question: Question) -> Any:
    question.dex  # noqa: B018 - an unknown dex has no answer
    return meta_shape(house)


def meta_shape(house: House) -> Any:
    universe = []
    for instrument in house.venue.instruments.values():
        row: dict[str, Any] = {
            "szDecimals": instrument.size_decimals,
            "name": instrument.coin,
            "maxLeverage": instrument.max_leverage,
            "marginTableId": house.chronicle.margin_table(instrument.coin),
        }
        if instrument.only_isolated:
            row["onlyIsolated"] = True
        if instrument.delisted:
            row["isDelisted"] = True
        universe.append(row)
    return {
        "universe": universe,
        "marginTables": [[table, _margin_table(table)] for table in sorted(MARGIN_TABLES)],
        "collateralToken": 0,
    }


def _margin_table(table: int) -> Any:
    tiers = margin_tiers(table)
    return {
        "description": f"tiered {tiers[0][1]}x" if table in MARGIN_TABLES else "",
        "marginTiers": [{"lowerBound": dec(lower), "maxLeverage": most} for lower, most in tiers],
    }


def margin_table(house: House, question: Question) -> Any:
    table = question.count("id")
    if table not in MARGIN_TABLES and not 1 <= table < 50:
        raise Unanswerable(f"there is no margin table {table}")
    return _margin_table(table)


def contexts_shape(house: House) -> list[Any]:
    return [shapes.context(house.chronicle.context(coin)) for coin in house.venue.instruments]


def meta_and_contexts(house: House, question: Question) -> Any:
    return [meta(house, question), contexts_shape(house)]


def all_mids(house: House, question: Question) -> Any:
    question.dex  # noqa: B018
    return mids_shape(house)


def mids_shape(house: House) -> dict[str, str]:
    return {coin: dec(house.venue.mid(coin)) for coin in house.venue.instruments}


def l2_book(house: House, question: Question) -> Any:
    coin, figures, mantissa = question.coin, question.body.get("nSigFigs"), question.body.get("mantissa")
    if not is_legal_grouping(figures, mantissa):
        raise Unanswerable(f"nSigFigs {figures} with mantissa {mantissa} is no grouping")
    if not house.is_coin(coin):
        return None
    return shapes.book(house.venue.book(coin, figures, mantissa), grouped=figures is not None)


def candle_snapshot(house: House, question: Question) -> Any:
    request = question.nested("req")
    coin, interval, start, end = request.coin, request.interval(), request.start_ms, request.end_ms
    if not house.is_coin(coin):
        raise Unanswerable(f"there is no coin {coin}")
    return house.chronicle.candles(coin, interval, start, end)


def recent_trades(house: House, question: Question) -> Any:
    if not house.is_coin(question.coin):
        raise Unanswerable(f"there is no coin {question.coin}")
    return [shapes.trade(row) for row in house.venue.recent_trades(question.coin)]


def funding_history(house: House, question: Question) -> Any:
    coin, start, end = question.coin, question.start_ms, question.end_ms
    if not house.is_coin(coin):
        raise Unanswerable(f"there is no coin {coin}")
    if end < start:
        raise Malformed("endTime lies before startTime")
    return [
        {"coin": coin, "fundingRate": shapes.rate(rate), "premium": shapes.rate(premium), "time": time}
        for time, rate, premium in house.chronicle.funding(coin, start, end)[:MOST_ROWS]
    ]


def predicted_fundings(house: House, _: Question) -> Any:
    next_hour = (house.now() // HOUR_MS + 1) * HOUR_MS
    return [
        [
            coin,
            [
                [
                    "HlPerp",
                    {
                        "fundingRate": shapes.rate(house.venue.context(coin).funding),
                        "nextFundingTime": next_hour,
                        "fundingIntervalHours": 1,
                    },
                ],
                ["BinPerp", None],
                ["BybitPerp", None],
            ],
        ]
        for coin in house.venue.instruments
    ]


def exchange_status(house: House, _: Question) -> Any:
    pause = house.pause
    special = None if pause is None else {"pausedFrom": pause.from_ms, "pausedUntil": pause.until_ms}
    return {"time": house.now(), "specialStatuses": special}


def spot_meta(house: House, _: Question) -> Any:
    return {"universe": [], "tokens": [USDC]}


ANSWERS: Mapping[str, Callable[[House, Question], Any]] = {
    "meta": meta,
    "metaAndAssetCtxs": meta_and_contexts,
    "allPerpMetas": lambda house, _: [meta_shape(house)],
    "perpDexs": lambda *_: [None],
    "marginTable": margin_table,
    "maxMarketOrderNtls": lambda *_: MARKET_ORDER_LIMITS,
    "perpsAtOpenInterestCap": lambda *_: [],
    "spotMeta": spot_meta,
    "spotMetaAndAssetCtxs": lambda house, question: [spot_meta(house, question), []],
    "allMids": all_mids,
    "l2Book": l2_book,
    "candleSnapshot": candle_snapshot,
    "recentTrades": recent_trades,
    "fundingHistory": funding_history,
    "predictedFundings": predicted_fundings,
    "exchangeStatus": exchange_status,
}
