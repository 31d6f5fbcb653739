from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from hlmaster.core.errors import UnrecognisedReply
from hlmaster.core.model import MarginTier
from hlmaster.exchange.hyperliquid.instruments import read_meta
from tests.exchange.hyperliquid.venue import META


def meta(*rows: object, tables: object = ()) -> bytes:
    return json.dumps({"universe": rows, "marginTables": tables, "collateralToken": 0}).encode()


def test_delisted_instruments_keep_their_place() -> None:
    found, defects, _ = read_meta(json.dumps(META).encode())
    assert {coin: item.asset for coin, item in found.items()} == {"BTC": 0, "OLD": 1, "ETH": 2}
    assert found["OLD"].delisted
    assert not defects


def row(name: object = "A", **changes: object) -> dict[str, Any]:
    return {"name": name, "szDecimals": 2, "maxLeverage": 10} | changes


@pytest.mark.parametrize(
    "bad",
    [None, 5, {}, row(""), row(None), row(szDecimals="x"), row(szDecimals=9), row(szDecimals=-1), row(maxLeverage=0)],
)
def test_a_bad_row_costs_one_instrument_and_is_told(bad: object) -> None:
    found, defects, _ = read_meta(meta(bad, row("B"), row("B"), row("C")))
    assert {coin: item.asset for coin, item in found.items()} == {"B": 1, "C": 3}
    assert len(defects) == 2


def test_margin_tables() -> None:
    tiers = [{"lowerBound": "100.0", "maxLeverage": 20}, {"lowerBound": "0.0", "maxLeverage": 40}]
    tables = [[56, {"description": "", "marginTiers": tiers}], "nonsense"]
    found, defects, _ = read_meta(
        meta(row("A", marginTableId=56), row("B", marginTableId=7), row("C"), row("D", marginTableId=99), tables=tables)
    )
    assert found["A"].margin_tiers == (MarginTier(Decimal(0), 40), MarginTier(Decimal(100), 20))
    assert found["B"].margin_tiers == (MarginTier(Decimal(0), 7),)
    assert found["C"].margin_tiers == found["D"].margin_tiers == (MarginTier(Decimal(0), 10),)
    assert len(defects) == 2


def test_isolated_markets() -> None:
    found, *_ = read_meta(meta(row("A", marginMode="strictIsolated"), row("B", onlyIsolated=True), row("C")))
    assert [item.only_isolated for item in found.values()] == [True, True, False]


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b'{"universe":5}', b"<html>"])
def test_a_list_that_is_none_is_an_error(raw: bytes) -> None:
    with pytest.raises(UnrecognisedReply):
        read_meta(raw)
