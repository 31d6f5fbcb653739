"""What is listed right now: a view, so that whoever was built on it sees what is listed later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from hlmaster.core.model import Instrument


class Listing(Mapping[str, Instrument]):
    def __init__(self, instruments: Callable[[], Mapping[str, Instrument]]) -> None:
        self._instruments = instruments

    def __getitem__(self, coin: str) -> Instrument:
        return self._instruments()[coin]

    def __iter__(self) -> Iterator[str]:
        return iter(self._instruments())

    def __len__(self) -> int:
        return len(self._instruments())
