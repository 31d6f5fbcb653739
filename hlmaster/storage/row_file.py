"""One file of decision rows: written in steps, each readable as soon as it is there, and read back as a window.

``HLROWS1`` and a line end, then steps: length and CRC-32 (little endian, four bytes each), then that much of one
deflate stream that is flushed with every step. The stream holds records, each with its length before it: first a JSON
header, then rows. Of a block of rows the first column is the close time as differences, the others are the bits of each
float64 against those of the row before, laid out by column and byte, so that what hardly changes is mostly zeros. A
torn step loses itself and nothing before it.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.decision_rows import IndicatorState, RowBlock
from hlmaster.core.errors import DatabaseDamaged
from hlmaster.market.indicators.catalogue import INDICATORS
from hlmaster.market.indicators.indicator import Live, over
from hlmaster.market.window import Grid, Window

MAGIC = b"HLROWS1\n"
STEP = struct.Struct("<II")
LEVEL, WINDOW_BITS, MEMORY = 6, 13, 6
"""About 50 KB of memory for each file that is being written."""
NUMBER = struct.Struct("<I")
Bits = NDArray[np.uint64]


class RowFile:
    """A file that is being written. After an OSError begin another: what the disk holds of this one is not known."""

    def __init__(self, path: Path, block: RowBlock) -> None:
        """Begin a file whose first rows will be those of ``block``."""
        self.path = path
        self.epoch = block.epoch
        self.next_row = block.first_row
        self.size = 0
        self._names = tuple(block.columns)
        self._stream = zlib.compressobj(LEVEL, zlib.DEFLATED, -WINDOW_BITS, MEMORY)
        self._last = np.zeros((len(self._names), 1), np.uint64)
        self._last_ms = 0
        header = {
            "coin": block.coin,
            "grid": block.grid,
            "epoch": block.epoch,
            "first_row": block.first_row,
            "columns": self._names,
            "indicators": [asdict(state) for state in block.indicators],
        }
        self._begun = MAGIC, _record(json.dumps(header).encode())

    def append(self, block: RowBlock) -> None:
        """Write the rows of a block that follows the last one. Raises OSError."""
        magic, header = self._begun
        step = self._stream.compress(header + _record(self._packed(block))) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        content = magic + STEP.pack(len(step), zlib.crc32(step)) + step
        with self.path.open("ab" if self.size else "wb") as out:
            out.write(content)
        self._begun = b"", b""
        self.size += len(content)
        self.next_row = block.first_row + len(block)

    def follows(self, block: RowBlock) -> bool:
        return block.epoch == self.epoch and block.first_row == self.next_row

    def _packed(self, block: RowBlock) -> bytes:
        count = len(block)
        bits = np.stack([block.columns[name] for name in self._names]).view(np.uint64)
        changes = bits ^ np.concatenate([self._last, bits[:, :-1]], axis=1)
        times = np.diff(block.time_ms, prepend=self._last_ms)
        self._last, self._last_ms = bits[:, -1:].copy(), int(block.time_ms[-1])
        by_byte = changes.view(np.uint8).reshape(len(self._names), count, 8).transpose(0, 2, 1)
        return b"".join((NUMBER.pack(count), times.astype("<i8").tobytes(), by_byte.tobytes()))


@dataclass(frozen=True, slots=True)
class Recorded(RowBlock):
    """The rows of one file. ``columns`` are those that live rows were made of; ``window`` adds the indicators."""

    torn: bool
    """The file ends in the middle of a step; that step is not among the rows."""

    def window(self) -> Window:
        """With the indicators' columns, to the bit as they were seen; ``live`` is 0 for history that was loaded."""
        count = len(self)
        columns = dict(self.columns) | {"row": np.arange(self.first_row, self.first_row + count, dtype=np.float64)}
        for state in self.indicators:
            live = Live(INDICATORS[state.name](**state.params))
            live.state, live.memory = state.state, tuple(list(buffer) for buffer in state.memory)
            columns |= dict(zip(live.indicator.columns, over(live, columns), strict=True))
        return Window(self.time_ms, columns, self.coin, Grid.of(self.grid))


def read_rows(path: Path) -> Recorded:
    """Raises OSError, and DatabaseDamaged for what is no file of rows."""
    content = path.read_bytes()
    if not content.startswith(MAGIC):
        raise DatabaseDamaged(f"{path.name} is no file of decision rows.", "Move it out of the session's folder.")
    stream, torn = _steps(content)
    records = _records(stream)
    try:
        header = json.loads(next(records))
    except (StopIteration, ValueError) as error:
        raise DatabaseDamaged(f"{path.name} ends before its first row.", "It may be deleted.") from error
    names = header["columns"]
    times, bits = [np.empty(0, np.int64)], [np.empty((len(names), 0), np.uint64)]
    for record in records:
        (count,) = NUMBER.unpack_from(record)
        times.append(np.frombuffer(record, "<i8", count, NUMBER.size))
        raw = np.frombuffer(record, np.uint8, offset=NUMBER.size + 8 * count).reshape(len(names), 8, count)
        bits.append(np.ascontiguousarray(raw.transpose(0, 2, 1)).view(np.uint64)[:, :, 0])
    values = np.bitwise_xor.accumulate(np.concatenate(bits, axis=1), axis=1).view(np.float64)
    indicators = tuple(
        IndicatorState(
            one["name"],
            one["params"],
            _tuples(one["state"]),
            tuple(tuple(buffer) for buffer in one["memory"]),
            one["anchor_ms"],
        )
        for one in header["indicators"]
    )
    return Recorded(
        header["coin"],
        header["grid"],
        header["epoch"],
        header["first_row"],
        np.cumsum(np.concatenate(times)),
        dict(zip(names, values, strict=True)),
        indicators,
        torn,
    )


def _record(content: bytes) -> bytes:
    return NUMBER.pack(len(content)) + content


def _steps(content: bytes) -> tuple[bytes, bool]:
    """What the whole steps hold, and whether something torn follows them."""
    inflate, found, at = zlib.decompressobj(-WINDOW_BITS), bytearray(), len(MAGIC)
    while at + STEP.size <= len(content):
        length, crc = STEP.unpack_from(content, at)
        step = content[at + STEP.size : at + STEP.size + length]
        if len(step) < length or zlib.crc32(step) != crc:
            break
        found += inflate.decompress(step)
        at += STEP.size + length
    return bytes(found), at < len(content)


def _records(stream: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(stream):
        (length,) = NUMBER.unpack_from(stream, at)
        at += NUMBER.size
        yield stream[at : at + length]
        at += length


def _tuples(value: Any) -> Any:
    """JSON knows no tuples; an indicator's state is made of them."""
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value
