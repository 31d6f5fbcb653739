"""A damaged list of markets: bad rows are skipped and told, what was open can be closed for a day."""

from __future__ import annotations

import copy
import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.clock import DAY_MS, ManualClock
from hlmaster.core.errors import UnrecognisedReply
from hlmaster.core.model import Instrument, MarginTier
from hlmaster.exchange.hyperliquid.instruments import Markets, read_meta
from hlmaster.exchange.hyperliquid.listed import Listed
from hlmaster.exchange.simulator.listing import LISTINGS, MARGIN_TABLES

URL = "https://venue"


def market(coin: str, number: int) -> Instrument:
    return Instrument(coin, number, 2, 20, (MarginTier(Decimal(0), 20),))


BTC, ETH, SOL = (market(coin, number) for number, coin in enumerate(("BTC", "ETH", "SOL")))
ALL = {one.coin: one for one in (BTC, ETH, SOL)}


def rows(*sound: Instrument, count: int = 3) -> Markets:
    return Markets({one.coin: one for one in sound}, [], count)


WHOLE = rows(BTC, ETH, SOL)


def test_a_market_whose_row_is_spoilt_can_be_closed_for_a_day_and_no_longer() -> None:
    clock = ManualClock()
    listed = Listed(clock)
    assert listed.take(WHOLE) == ALL
    spoilt = listed.take(rows(BTC, SOL))
    assert list(spoilt) == ["BTC", "ETH", "SOL"]
    assert [one.closing_only for one in spoilt.values()] == [False, True, False]
    clock.advance(DAY_MS - 1)
    assert "ETH" in listed.take(rows(BTC, SOL))
    clock.advance(1)
    assert list(listed.take(rows(BTC, SOL))) == ["BTC", "SOL"]
    assert not listed.take(WHOLE)["ETH"].closing_only


def test_a_number_that_another_market_has_now_closes_nothing() -> None:
    listed = Listed(ManualClock())
    listed.take(WHOLE)
    assert list(listed.take(rows(BTC, market("NEW", 1)))) == ["BTC", "NEW", "SOL"]


def test_a_market_that_is_listed_no_more_is_gone() -> None:
    listed = Listed(ManualClock())
    listed.take(WHOLE)
    assert list(listed.take(rows(BTC, ETH, count=2))) == ["BTC", "ETH"]


def test_a_list_without_a_single_sound_row_leaves_everything_for_closing() -> None:
    listed = Listed(ManualClock())
    listed.take(WHOLE)
    assert {one.closing_only for one in listed.take(rows(count=0)).values()} == {True}


def test_the_list_of_an_earlier_run_is_for_closing_only(tmp_path: Path) -> None:
    clock, file = ManualClock(), tmp_path / "markets.json"
    Listed(clock, URL, file).take(WHOLE)
    again = Listed(clock, URL, file).fall_back()
    assert {coin: one.closing_only for coin, one in again.items()} == dict.fromkeys(ALL, True)
    assert Listed(clock, URL, file).take(rows(BTC))["ETH"].closing_only
    clock.advance(DAY_MS)
    assert Listed(clock, URL, file).fall_back() == {}


def test_the_list_of_another_exchange_is_of_no_use(tmp_path: Path) -> None:
    file = tmp_path / "markets.json"
    Listed(ManualClock(), "http://127.0.0.1:7", file).take(WHOLE)
    assert Listed(ManualClock(), URL, file).fall_back() == {}


@pytest.mark.parametrize("content", [b"", b"{", b"null", b'{"venue":"https://venue","copies":{"BTC":[1,{}]}}'])
def test_a_damaged_copy_costs_the_copy_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "markets.json"
    file.write_bytes(content)
    listed = Listed(ManualClock(), URL, file)
    assert listed.fall_back() == {}
    assert listed.take(WHOLE) == ALL
    assert Listed(ManualClock(), URL, file).fall_back().keys() == ALL.keys()


def test_a_folder_that_takes_no_file_costs_the_copy_alone(tmp_path: Path) -> None:
    assert Listed(ManualClock(), URL, tmp_path / "gone" / "markets.json").take(WHOLE) == ALL


# --- five thousand damaged lists ---

SOUND: dict[str, Any] = {
    "universe": [
        {
            "name": one.coin,
            "szDecimals": one.size_decimals,
            "maxLeverage": one.max_leverage,
            "marginTableId": one.margin_table_id,
        }
        for one in LISTINGS
    ],
    "marginTables": [
        [
            number,
            {
                "description": "",
                "marginTiers": [{"lowerBound": f"{low}.0", "maxLeverage": most} for low, most in tiers],
            },
        ]
        for number, tiers in MARGIN_TABLES.items()
    ],
    "collateralToken": 0,
}
RUBBISH: tuple[Any, ...] = (None, True, -1, 0, 10**30, 1.5, "", "x", "BTC", "1e400", "NaN", [], {}, [[]], {"name": 5})


def damaged(dice: random.Random) -> bytes:
    """One or a few places of the list broken, or its bytes."""
    tree = json.loads(json.dumps(SOUND))
    for _ in range(dice.choice((1, 1, 1, 2, 5))):
        node, key = tree, dice.choice(list(tree))
        while isinstance(node[key], dict | list) and node[key] and dice.random() < 0.85:
            node = node[key]
            key = dice.choice(list(node)) if isinstance(node, dict) else dice.randrange(len(node))
        match dice.randrange(4):
            case 0 if isinstance(node, dict):
                del node[key]
            case 1 if isinstance(node, list):
                node.insert(key, copy.deepcopy(dice.choice(RUBBISH)))
            case _:
                node[key] = copy.deepcopy(dice.choice(RUBBISH))
        if not isinstance(tree, dict) or not tree:
            break
    raw = json.dumps(tree).encode()
    if dice.random() < 0.1:
        at = dice.randrange(len(raw))
        raw = raw[:at] if dice.random() < 0.5 else raw[:at] + bytes([dice.randrange(256)]) + raw[at + 1 :]
    return raw


def test_five_thousand_damaged_lists_cost_rows_and_never_the_start() -> None:
    """Sound rows keep their coin, number and lot; whatever else happens is told, and what was known can be closed."""
    dice = random.Random(11)
    sound = read_meta(json.dumps(SOUND).encode())
    refused = 0
    for _ in range(5_000):
        listed = Listed(ManualClock())
        listed.take(sound)
        raw = damaged(dice)
        try:
            markets = read_meta(raw)
        except UnrecognisedReply:
            refused += 1
            assert all(one.closing_only for one in listed.fall_back().values())
            continue
        assert markets.defects or markets == sound or raw != json.dumps(SOUND).encode()
        for instrument in markets.found.values():
            assert 0 <= instrument.size_decimals <= 6
            assert instrument.max_leverage >= 1
            assert instrument.margin_tiers
        usable = listed.take(markets)
        assert usable.keys() >= markets.found.keys()
        numbers = [one.asset for one in usable.values()]
        assert len(set(numbers)) == len(numbers), "no two markets share a number"
    assert 0 < refused < 2_500
