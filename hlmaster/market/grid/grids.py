"""All decision grids of a desk: who needs which rows, when they close, and windows of them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.decision_rows import RowBlock
from hlmaster.core.errors import ConfigError
from hlmaster.core.events import (
    BookChanged,
    CandleChanged,
    ContextChanged,
    DataDefect,
    DefectKind,
    LinkChanged,
    LinkState,
    SeriesLoaded,
    TradesSeen,
)
from hlmaster.core.model import Interval
from hlmaster.core.signals import RowClosed
from hlmaster.market.feed import Feed
from hlmaster.market.grid.candle_rows import CandleRows, Rates, may_close
from hlmaster.market.grid.demands import demands, frame_rows, higher
from hlmaster.market.grid.knowledge import TOLD, Knowledge
from hlmaster.market.grid.rows import Rows, as_of
from hlmaster.market.grid.sample_rows import SampleRows
from hlmaster.market.indicators.indicator import Indicator
from hlmaster.market.staleness import CANDLE
from hlmaster.market.window import PRICES, FrameNeeds, Grid, Needs, Window

RECORD_SECONDS = 5.0
"""Wall seconds between two hand-overs of rows to the recorder."""


@dataclass(slots=True)
class _Coin:
    known: Knowledge
    rows: dict[Grid, Rows]
    candles: dict[Interval, CandleRows]
    samples: list[SampleRows]
    above: dict[Interval, list[CandleRows]]
    """Candle grids that look at this timeframe as a higher frame."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the columns of somebody's windows are."""

    needs: Needs
    rows: Rows
    names: tuple[str, ...]
    frames: tuple[tuple[FrameNeeds, Rows, tuple[str, ...]], ...]


class Grids:
    """Publishes ``RowClosed`` for every row that closes live on a grid that somebody decides on.

    Candle rows close with the candles that the feed hears; ``tick`` closes samples and must be called when
    ``next_due_ms`` comes. ``record`` receives rows for the disk, if there is one.
    """

    def __init__(self, bus: Bus, clock: Clock, feed: Feed, record: Callable[[RowBlock], None] | None = None) -> None:
        self._bus, self._clock, self._feed, self._record = bus, clock, feed, record
        self._needs: dict[tuple[str, str], Needs] = {}
        """By owner and coin."""
        self._coins: dict[str, _Coin] = {}
        self._intervals: set[Interval] = set()
        """Of the candle grids there are."""
        self._plans: dict[tuple[str, int], _Plan] = {}
        self._sampled: dict[int, int] = {}
        """By step: the last moment whose row was taken or has passed."""
        self._told: dict[str, dict[str, float]] = {}
        self._line_up = True
        self._untold: deque[RowClosed] = deque()
        """Samples that nobody has heard of yet."""
        self._tell_until = math.inf
        self._run = str(clock.now_ms())
        self._record_at = clock.monotonic() + RECORD_SECONDS
        self.revision = 0
        """Counts changes of what is needed."""
        self._subscriptions = (
            bus.subscribe(CandleChanged, self._on_candle),
            bus.subscribe(SeriesLoaded, self._on_series),
            bus.subscribe(TradesSeen, self._on_trades),
            bus.subscribe(BookChanged, self._on_book),
            bus.subscribe(ContextChanged, self._on_context),
            bus.subscribe(LinkChanged, self._on_link),
        )

    def close(self) -> None:
        """Hear no more, and hand over what is not recorded yet."""
        for unsubscribe in self._subscriptions:
            unsubscribe()
        self.record()

    # --- who needs what ---

    def need(self, coin: str, needs: Needs, owner: str) -> None:
        """Keep rows for ``owner``, in place of what it needed of this coin before.

        Raises KeyError for a coin that the venue does not list, ConfigError for a column that cannot be known.
        """
        self._feed.market(coin)
        before = self._needs.get((owner, coin))
        if before == needs:
            return
        self._needs[owner, coin] = needs
        try:
            self._fit(coin)
        except ConfigError:
            self._forget(owner, coin, before)
            raise

    def drop(self, owner: str, coin: str | None = None) -> None:
        """``owner`` needs nothing any more, of this coin or of any. Rows that nobody needs are let go."""
        for key in [key for key in self._needs if key[0] == owner and coin in (None, key[1])]:
            self._forget(*key, None)

    def candles_wanted(self) -> set[tuple[str, Interval]]:
        """Candle series that grids and higher frames are made of."""
        return {(name, interval) for name, coin in self._coins.items() for interval in coin.candles}

    def history_wanted(self, coin: str, interval: Interval) -> int:
        """Closed candles that would serve everybody; 0 where nobody asks."""
        rows = self._coins[coin].candles.get(interval) if coin in self._coins else None
        return 0 if rows is None else rows.wanted

    def funding_wanted(self, coin: str) -> bool:
        """A candle grid of this coin shows funding rates, so their history is of use."""
        found = self._coins.get(coin)
        return found is not None and any("funding" in rows.table.base for rows in found.candles.values())

    @property
    def coins(self) -> set[str]:
        return set(self._coins)

    def _forget(self, owner: str, coin: str, instead: Needs | None) -> None:
        if instead is None:
            del self._needs[owner, coin]
        else:
            self._needs[owner, coin] = instead
        self._fit(coin)

    def _fit(self, name: str) -> None:
        asked = demands([needs for (_, coin), needs in self._needs.items() if coin == name])
        coin = self._coins.get(name) or _Coin(Knowledge(self._feed.market(name), self._told_of(name)), {}, {}, [], {})
        coin.known.line_up = self._line_up
        for rows in coin.rows.values():
            self._hand_over(rows)
        kept = {grid: coin.rows.get(grid) or self._rows(grid, coin.known) for grid in asked}
        found = [rows for rows in kept.values() if isinstance(rows, CandleRows)]
        # higher frames first, for lower ones look at them
        candles = {rows.interval: rows for rows in sorted(found, key=lambda rows: -rows.grid.ms)}
        for grid, rows in kept.items():
            rows.fit(asked[grid], candles)
        coin.rows, coin.candles = kept, candles
        coin.samples = [rows for rows in kept.values() if isinstance(rows, SampleRows)]
        coin.above = {one: [rows for rows in candles.values() if one in rows.frames] for one in candles}
        self._plans = {key: plan for key, plan in self._plans.items() if key[0] != name}
        if kept:
            self._coins[name] = coin
        else:
            self._coins.pop(name, None)
        self._intervals = {interval for one in self._coins.values() for interval in one.candles}
        now = self._clock.now_ms()
        steps = {rows.grid.ms for one in self._coins.values() for rows in one.samples}
        self._sampled = {step: self._sampled.get(step, now - now % step) for step in steps}
        self.revision += 1
        for rows in candles.values():
            rows.hear_load()

    def _rows(self, grid: Grid, known: Knowledge) -> Rows:
        if grid.interval is None:
            return SampleRows(grid, known, self._clock, self._tell)
        return CandleRows(grid, known, self._clock, self._tell, self._spurn)

    # --- reading ---

    def window(self, coin: str, needs: Needs) -> Window | None:
        """The last ``needs.lookback`` rows; None until there is one, or where nobody needs them."""
        plan = self._plans.get((coin, id(needs))) or self._plan(coin, needs)
        if plan is None:
            return None
        table = plan.rows.table
        end = len(table)
        if not end:
            return None
        chosen = slice(max(0, end - needs.lookback), end)
        frames = {
            frame.interval: higher(
                frame, table.times[chosen], table.column(as_of(frame.interval))[chosen], above, names
            )
            for frame, above, names in plan.frames
        }
        return Window(table.times[chosen], table.columns(plan.names, chosen), coin, needs.grid, frames)

    def progress(self, coin: str, needs: Needs) -> tuple[int, int]:
        """Rows known and rows needed, of the grid or of the higher frame that is further behind."""
        found = self._coins.get(coin)
        asked = [(needs.grid, needs.warm_up)]
        asked += [(Grid.of(frame.interval), frame_rows(frame)) for frame in needs.frames]
        parts = []
        for grid, rows in asked:
            held = None if found is None else found.rows.get(grid)
            parts.append((0 if held is None else min(len(held.table), rows), rows))
        return min(parts, key=lambda part: part[0] / part[1])

    def anchors(self, coin: str, grid: Grid) -> dict[str, int]:
        """By indicator: when the first row closed that it was given. Raises KeyError for a grid that nobody needs."""
        return self._coins[coin].rows[grid].table.anchors

    def _plan(self, coin: str, needs: Needs) -> _Plan | None:
        found = self._coins.get(coin)
        rows = None if found is None else found.rows.get(needs.grid)
        if found is None or rows is None:
            return None
        names = (*PRICES, *needs.columns, *_columns(needs.indicators))
        frames = tuple(
            (frame, found.rows[Grid.of(frame.interval)], (*PRICES, *_columns(frame.indicators)))
            for frame in needs.frames
            if Grid.of(frame.interval) in found.rows
        )
        wanted = [(rows, names), *((above, columns) for _, above, columns in frames)]
        if len(frames) < len(needs.frames) or any(not one.table.has(columns) for one, columns in wanted):
            return None
        plan = _Plan(needs, rows, tuple(dict.fromkeys(names)), frames)
        if any(needs is known for known in self._needs.values()):
            self._plans[coin, id(needs)] = plan  # which keeps ``needs`` alive, so that its id stays its own
        return plan

    # --- what others know ---

    def state(self, coin: str, name: str, value: float | None) -> None:
        """From now on rows of this coin say so: regime, sentiment, opinion, opinion_confidence. None: not known.

        Raises KeyError for a column that is measured, not told.
        """
        if name not in TOLD:
            raise KeyError(name)
        self._told_of(coin)[name] = math.nan if value is None else value

    def _told_of(self, coin: str) -> dict[str, float]:
        return self._told.setdefault(coin, dict.fromkeys(TOLD, math.nan))

    def load_funding(self, coin: str, rates: Rates) -> None:
        """The history of the rates that were paid: times in ms, ascending, and fractions an hour."""
        found = self._coins.get(coin)
        for rows in () if found is None else found.candles.values():
            rows.funding = rates
            rows.hear_load()

    # --- time ---

    @property
    def next_due_ms(self) -> int | None:
        """Market time of the next sample; None while nobody samples."""
        return min((last + step for step, last in self._sampled.items()), default=None)

    def tick(self, tell_for: float = math.inf) -> None:
        """Close the samples that are due, all as things stand now. One that is more than half a step late is absent.

        They are told of for about ``tell_for`` wall seconds; ``tell`` goes on with the rest.
        """
        now, monotonic = self._clock.now_ms(), self._clock.monotonic()
        self._tell_until = monotonic + tell_for
        self._close_samples(now, monotonic)
        self._look_at_candles(now, monotonic)
        if monotonic >= self._record_at:
            self.record()

    def _look_at_candles(self, now: int, monotonic: float) -> None:
        speed = self._clock.speed
        ended = {interval for interval in self._intervals if may_close(interval, now, speed)}
        for coin in tuple(self._coins.values()):
            for interval, candles in coin.candles.items():
                if interval in ended or candles.is_holding:
                    candles.look(now, monotonic)

    def tell(self, tell_for: float = math.inf) -> bool:
        """Publish samples that a tick had no time for, one at least, oldest first; whether some are left.

        What listeners do with a row takes longer than to make it. The loop may do something else in between: a row once
        closed says the same however late it is heard of.
        """
        until = self._clock.monotonic() + tell_for
        while self._untold:
            self._bus.publish(self._untold.popleft())
            if self._clock.monotonic() >= until:
                break
        return bool(self._untold)

    def _close_samples(self, now: int, monotonic: float) -> None:
        for step, last in tuple(self._sampled.items()):
            due = now - now % step
            if due <= last:
                continue
            self._sampled[step] = due
            if now - due <= step // 2:
                for coin in tuple(self._coins.values()):
                    for rows in coin.samples:
                        if rows.grid.ms == step:
                            rows.close(due, now, monotonic)

    def record(self) -> None:
        """Hand over every row that has not been yet."""
        self._record_at = self._clock.monotonic() + RECORD_SECONDS
        for coin in self._coins.values():
            for rows in coin.rows.values():
                self._hand_over(rows)

    def _hand_over(self, rows: Rows) -> None:
        if self._record is not None and (block := rows.unrecorded(self._run)) is not None:
            self._record(block)

    # --- facts ---

    def _tell(self, rows: Rows, row_ms: int) -> None:
        closed = RowClosed(rows.coin, rows.grid.name, row_ms)
        if rows.grid.interval is None and (self._untold or self._clock.monotonic() > self._tell_until):
            self._untold.append(closed)
        else:
            self._bus.publish(closed)

    def _spurn(self, rows: CandleRows, detail: str) -> None:
        self._bus.publish(DataDefect(DefectKind.OUT_OF_ORDER, CANDLE, rows.coin, detail, self._clock.now_ms()))

    def _on_candle(self, fact: CandleChanged) -> None:
        coin = self._coins.get(fact.coin)
        rows = coin.candles.get(fact.interval) if coin is not None and fact.closed else None
        if coin is not None and rows is not None:
            rows.hear_close()
            for below in coin.above[fact.interval]:
                below.hear_frame()

    def _on_series(self, fact: SeriesLoaded) -> None:
        coin = self._coins.get(fact.coin)
        rows = None if coin is None else coin.candles.get(fact.interval)
        if coin is not None and rows is not None:
            self._hand_over(rows)
            rows.hear_load()
            for below in coin.above[fact.interval]:
                self._hand_over(below)
                below.hear_load()
                below.hear_frame()

    def _on_trades(self, fact: TradesSeen) -> None:
        coin = self._coins.get(fact.coin)
        if coin is not None:
            for rows in coin.rows.values():
                rows.see_trades(fact.trades)

    def _on_book(self, fact: BookChanged) -> None:
        coin = self._coins.get(fact.coin)
        if coin is not None:
            for rows in coin.samples:
                rows.see_mid()

    def _on_context(self, fact: ContextChanged) -> None:
        coin = self._coins.get(fact.coin)
        if coin is not None:
            coin.known.hear_context(self._clock.now_ms())

    def _on_link(self, fact: LinkChanged) -> None:
        self._line_up = fact.state is LinkState.CONNECTED
        for coin in self._coins.values():
            coin.known.line_up = self._line_up
            for rows in coin.rows.values():
                rows.since.broken = True


def _columns(indicators: Iterable[Indicator]) -> list[str]:
    return [name for indicator in indicators for name in indicator.columns]
