"""A file of decision rows gives back every bit, and loses nothing but a torn last step."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.candles import Floats
from hlmaster.core.decision_rows import IndicatorState, RowBlock
from hlmaster.core.errors import DatabaseDamaged
from hlmaster.market.indicators.catalogue import INDICATORS
from hlmaster.market.indicators.indicator import Live, over
from hlmaster.storage.row_file import MAGIC, STEP, RowFile, read_rows

ANY = st.floats(allow_nan=True, allow_infinity=True, width=64)


def block(rows: list[tuple[float, float]], first_row: int = 0, epoch: str = "1.1", coin: str = "BTC") -> RowBlock:
    close, mark = (np.array([row[i] for row in rows], np.float64) for i in (0, 1))
    times = 1_790_000_000_000 + 250 * np.arange(first_row, first_row + len(rows), dtype=np.int64)
    return RowBlock(coin, "250ms", epoch, first_row, times, {"close": close, "mark": mark}, ())


def written(path: Path, parts: list[RowBlock]) -> RowFile:
    file = RowFile(path, parts[0])
    for part in parts:
        file.append(part)
    return file


@given(st.lists(st.lists(st.tuples(ANY, ANY), min_size=1, max_size=40), min_size=1, max_size=6))
def test_every_bit_comes_back(tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[float, float]]]) -> None:
    path = tmp_path_factory.mktemp("rows") / "a.rows"
    parts, first = [], 7
    for rows in steps:
        parts.append(block(rows, first))
        first += len(rows)
    file = written(path, parts)
    found = read_rows(path)
    assert (found.coin, found.grid, found.epoch, found.first_row, found.torn) == ("BTC", "250ms", "1.1", 7, False)
    np.testing.assert_array_equal(found.time_ms, np.concatenate([part.time_ms for part in parts]))
    for name in ("close", "mark"):
        given_bits = np.concatenate([part.columns[name] for part in parts]).view(np.uint64)
        np.testing.assert_array_equal(found.columns[name].view(np.uint64), given_bits)
    assert file.size == path.stat().st_size
    assert file.next_row == first


def test_a_file_that_is_cut_anywhere_keeps_the_whole_steps_before_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.rows"
    parts = [block([(1.0 + n, math.nan)] * 5, 5 * n) for n in range(4)]
    file = RowFile(path, parts[0])
    ends = []
    for part in parts:
        file.append(part)
        ends.append(file.size)
    content = path.read_bytes()
    for cut in range(ends[0], len(content)):
        path.write_bytes(content[:cut])
        found = read_rows(path)
        whole = sum(end <= cut for end in ends)
        assert len(found) == 5 * whole
        assert found.torn == (cut not in ends)


def test_a_changed_byte_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.rows"
    written(path, [block([(1.0, 2.0)] * 5), block([(3.0, 4.0)] * 5, 5)])
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    assert (len(read_rows(path)), read_rows(path).torn) == (5, True)


@pytest.mark.parametrize("content", [b"", b"something else", MAGIC, MAGIC + STEP.pack(9, 9)])
def test_what_is_no_file_of_rows_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.rows"
    path.write_bytes(content)
    with pytest.raises(DatabaseDamaged, match=r"a\.rows"):
        read_rows(path)


@pytest.mark.parametrize("name", INDICATORS.names())
def test_an_indicator_goes_on_from_its_stored_state_to_the_bit(tmp_path: Path, name: str) -> None:
    indicator = INDICATORS[name]()
    random = np.random.default_rng(7)
    count, cut = 400, 150
    close = (100 * np.exp(np.cumsum(random.normal(0, 0.01, count)))).astype(np.float64)
    row = np.arange(count, dtype=np.float64)
    columns: dict[str, Floats] = {column: random.exponential(10, count) for column in indicator.inputs}
    columns |= {"close": close, "open": close, "high": close + 1.0, "low": close - 1.0, "row": row, "time": 6e4 * row}
    whole = over(indicator, columns)
    live = Live(indicator)
    over(live, {key: column[:cut] for key, column in columns.items()})
    params = {p.name: getattr(indicator, p.name) for p in indicator.parameters()}
    state = IndicatorState(name, params, live.state, tuple(tuple(buffer) for buffer in live.memory), 60_000)
    rest = {key: column[cut:] for key, column in columns.items() if key != "row"}
    times = 60_000 * np.arange(cut + 1, count + 1, dtype=np.int64)
    path = tmp_path / "a.rows"
    RowFile(path, given_block := RowBlock("BTC", "1m", "1.1", cut, times, rest, (state,))).append(given_block)
    window = read_rows(path).window()
    for column, expected in zip(indicator.columns, whole, strict=True):
        np.testing.assert_array_equal(window[column], expected[cut:])
