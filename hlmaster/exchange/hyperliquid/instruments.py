"""The venue's list of perpetuals. A bad row costs one instrument, never the list; ids are list positions."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import msgspec

from hlmaster.core.model import Instrument, MarginTier
from hlmaster.exchange.hyperliquid import wire
from hlmaster.exchange.hyperliquid.codec import Answer, excerpt

LARGEST_SINGLE_TIER_ID = 49
MAX_SIZE_DECIMALS = 6
_META = Answer("meta", wire.Meta)
_asset = msgspec.json.Decoder(wire.Asset)
_table = msgspec.json.Decoder(tuple[int, wire.MarginTable])


class Markets(NamedTuple):
    """Instruments by coin, a sentence for each row that had to be skipped, and how many rows there were."""

    found: dict[str, Instrument]
    defects: list[str]
    rows: int


def read_meta(raw: bytes) -> Markets:
    """Raises UnrecognisedReply."""
    return instruments_of(_META.read(raw))


def instruments_of(meta: wire.Meta) -> Markets:
    defects: list[str] = []
    tables = _margin_tables(meta, defects)
    found: dict[str, Instrument] = {}
    for position, raw in enumerate(meta.universe):
        try:
            instrument = _instrument(position, _asset.decode(raw), tables, defects)
        except (msgspec.MsgspecError, ValueError) as error:
            defects.append(f"Instrument {position} was skipped: {error} in {excerpt(bytes(raw))}")
            continue
        if instrument.coin in found:
            defects.append(f"Instrument {position} was skipped: {instrument.coin} is listed twice.")
            continue
        found[instrument.coin] = instrument
    return Markets(found, defects, len(meta.universe))


def _margin_tables(meta: wire.Meta, defects: list[str]) -> dict[int, tuple[MarginTier, ...]]:
    tables: dict[int, tuple[MarginTier, ...]] = {}
    for raw in meta.margin_tables:
        try:
            number, table = _table.decode(raw)
            tables[number] = _sorted_tiers(table)
        except (msgspec.MsgspecError, ValueError) as error:
            defects.append(f"A margin table was skipped: {error} in {excerpt(bytes(raw))}")
    return tables


def _sorted_tiers(table: wire.MarginTable) -> tuple[MarginTier, ...]:
    tiers = tuple(MarginTier(tier.lower_bound, tier.max_leverage) for tier in table.margin_tiers)
    for tier in tiers:
        if not tier.lower_bound.is_finite() or tier.lower_bound < 0 or tier.max_leverage < 1:
            raise ValueError(f"{tier} is no tier")
    return tuple(sorted(tiers, key=lambda tier: tier.lower_bound))


def _instrument(
    position: int, row: wire.Asset, tables: dict[int, tuple[MarginTier, ...]], defects: list[str]
) -> Instrument:
    if not row.name:
        raise ValueError("the name is empty")
    if not 0 <= row.sz_decimals <= MAX_SIZE_DECIMALS:
        raise ValueError(f"szDecimals {row.sz_decimals} is outside 0 to {MAX_SIZE_DECIMALS}")
    if row.max_leverage < 1:
        raise ValueError(f"maxLeverage {row.max_leverage} is below 1")
    return Instrument(
        coin=row.name,
        asset=position,
        size_decimals=row.sz_decimals,
        max_leverage=row.max_leverage,
        margin_tiers=_tiers(row, tables, defects),
        only_isolated=row.only_isolated or row.margin_mode in ("strictIsolated", "noCross"),
        delisted=row.is_delisted,
    )


def _tiers(row: wire.Asset, tables: dict[int, tuple[MarginTier, ...]], defects: list[str]) -> tuple[MarginTier, ...]:
    """Ids up to 49 mean one tier of that leverage. Without a table the instrument stays, so that it can be closed."""
    number = row.margin_table_id
    if number is not None and (tiers := tables.get(number)):
        return tiers
    if number is not None and 1 <= number <= LARGEST_SINGLE_TIER_ID:
        return (MarginTier(Decimal(0), number),)
    if number is not None:
        defects.append(f"{row.name} names margin table {number}, which is missing: its tiers are unknown.")
    return (MarginTier(Decimal(0), row.max_leverage),)
