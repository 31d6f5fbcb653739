"""What a ladder shows of the desk: the market's book on the grid, one's own orders and position, and the prices in
sight."""

from __future__ import annotations

from hlmaster.core.events import DataDefect, Level, LinkChanged, LinkState, TrackedOrder, TradesSeen
from hlmaster.core.rounding import to_float
from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.staleness import FAST_BOOK, LIMITS, SLOW_BOOK
from hlmaster.market.trades import KEPT
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.ladder.columns import BookColumns, LadderColumns
from hlmaster.ui.ladder.digits import suited
from hlmaster.ui.ladder.gestures import Now
from hlmaster.ui.ladder.grid import Grid, Group, groups, prices_around, step_text
from hlmaster.ui.ladder.options import Follow, Layout, Options
from hlmaster.ui.ladder.queues import Queues
from hlmaster.ui.ladder.rows import Book, Marks, OwnOrder, Row, book_rows, ladder_rows, owned
from hlmaster.ui.ladder.traded import TapeGaps, Traded
from hlmaster.ui.ladder.view import Look, View
from hlmaster.ui.market_panel import decimals_of

MOST_SIZE_DECIMALS, TOTAL_DECIMALS = 3, 2
NO_WORDS = ("", "")


class Scene:
    """Of one coin; ``look`` and ``resize`` say how large, ``holds_still`` keeps the prices where they are."""

    def __init__(self, context: Context, options: Options) -> None:
        self._context, self._options = context, options
        self._queues = Queues.of(context)
        self.look = Look.of(context.theme)
        self.traded, self._gaps = Traded(), TapeGaps()
        self.anchor: float | None = None
        """The price in the middle of the ladder."""
        self.holds_still = False
        self._is_astray = False
        """Scrolled away by hand: not centred again until the market is back in the middle."""
        self._live: list[TrackedOrder] | None = None
        self._width = self._height = 0
        self._decimals: tuple[int | None, int | None] = (None, None)

    # --- size ---

    def resize(self, width: int, height: int) -> None:
        if width != self._width:
            self._decimals = (None, None)
        self._width, self._height = width, height

    def begin(self) -> None:
        """Another coin, grouping or unit."""
        self.anchor = self._live = None
        self._is_astray = False
        self._decimals = (None, None)

    @property
    def rows_each(self) -> int:
        """Of the book, on each side."""
        look = self.look
        return max(1, (self._height - look.head - look.middle - look.strip) // (2 * look.row))

    @property
    def rows_all(self) -> int:
        look = self.look
        return max(3, (self._height - look.head - look.strip) // look.row)

    # --- the grid ---

    def grid(self, market: CoinMarket) -> Grid:
        """A group that is no coarser than the ticks here any more counts as none."""
        price, size_decimals = market.mid or market.mark or 0.0, market.instrument.size_decimals
        chosen = self._options.groups.get(market.coin)
        if chosen is None or price <= 0 or chosen not in groups(price, Grid(size_decimals).step(price)):
            return Grid(size_decimals)
        return Grid(size_decimals, chosen)

    def steps(self, market: CoinMarket | None) -> list[tuple[float, Group | None]]:
        """Price steps and groups near the price, the tick first; empty while there is no price."""
        price = None if market is None else market.mid or market.mark
        if market is None or not price:
            return []
        tick = Grid(market.instrument.size_decimals)
        wider = groups(price, tick.step(price))
        return [(Grid(tick.size_decimals, group).step(price), group) for group in (None, *wider)]

    def choose(self, coin: str, group: Group | None) -> None:
        if group is None:
            self._options.groups.pop(coin, None)
        else:
            self._options.groups[coin] = group

    def step_text(self, market: CoinMarket | None) -> str:
        price = None if market is None else market.mid or market.mark
        return figures.UNKNOWN if market is None or not price else step_text(self.grid(market).step(price))

    # --- traded volume ---

    def count_traded(self, market: CoinMarket | None) -> None:
        """Anew, from what is known without a gap."""
        self.traded = Traded(None if market is None else self._gaps.of(market.coin))
        if market is not None:
            self.traded.take(market.trades.recent(KEPT))

    def take_trades(self, fact: TradesSeen, coin: str) -> None:
        if fact.coin == coin:
            self.traded.take(fact.trades)

    def take_link(self, fact: LinkChanged, market: CoinMarket | None) -> None:
        was_heard = market is not None and market.trades.last is not None
        now_ms, is_connected = self._context.desk.clock.now_ms(), fact.state is LinkState.CONNECTED
        if self._gaps.take_link(is_connected=is_connected, was_heard=was_heard, now_ms=now_ms):
            self.count_traded(market)

    def take_defect(self, fact: DataDefect, market: CoinMarket | None) -> None:
        self._gaps.take_defect(fact)
        if market is not None and self._gaps.of(market.coin) != self.traded.gap_ms:
            self.count_traded(market)

    # --- the picture ---

    def view(self, market: CoinMarket) -> View | None:
        """None while there is nothing to show."""
        grid = self.grid(market)
        bids, asks = (market.book.bids, market.book.asks) if grid.group is None else market.grouped(*grid.group)
        if not bids and not asks:
            return None
        options, is_ladder = self._options, self._options.layout is Layout.LADDER
        if options.in_usd:
            bids, asks = _valued(bids), _valued(asks)
        last = market.trades.last
        marks = self._marks(market, last.price if last is not None and is_ladder else None)
        traded = self.traded.rows(grid) if is_ladder and options.traded else {}
        book = Book(grid, bids, asks, owned(self._own(market.coin), grid), marks, traded)
        rows = self._rows(book, is_ladder)
        lowest = rows[-1].price
        decimals = min(decimals_of(market, lowest), _decimals_of_step(grid.step(lowest)))
        chars = len(f"{rows[0].price:,.{decimals}f}")
        advance, small = self.look.ink.advance, self.look.small.advance
        columns: BookColumns | LadderColumns = (
            LadderColumns.of(self._width, chars, advance, small)
            if is_ladder
            else BookColumns.of(self._width, chars, advance, small, totals=options.totals)
        )
        most = 0 if options.in_usd else min(market.instrument.size_decimals, MOST_SIZE_DECIMALS)
        self._decimals = self._suit(columns, rows, most)
        stale = self.stale_sentence(market)
        shown = market.mid or market.mark if last is None else last.price
        return View(
            market.coin,
            columns,
            rows,
            decimals,
            self._decimals[0] or 0,
            self._decimals[1] or 0,
            options.in_usd,
            options.cumulative and is_ladder,
            bool(traded),
            figures.fixed(shown, decimals_of(market, shown) if shown else 0),
            (market.momentum() or 0.0) < 0 if last is None else not last.is_buy,
            (age_text(market),) if stale else tuple(spread_and_skew(market)),
            stale,
            NO_WORDS,
            warns=False,
            is_armed=self._context.arming.is_on,
            gap=self._gap() if traded else "",
        )

    def _gap(self) -> str:
        at = self.traded.gap_ms
        return "" if at is None else figures.clock(at, figures.zone(self._context.desk.settings.general.time_zone))

    def _rows(self, book: Book, is_ladder: bool) -> tuple[Row, ...]:
        look = self.look
        if not is_ladder:
            return book_rows(book, self.rows_each, look.row, look.head, look.middle)
        count = self.rows_all
        above = count // 2
        self._place(book, count)
        anchor = self.anchor if self.anchor is not None else book.grid.nearest(_inside(book))
        return ladder_rows(book, prices_around(book.grid, anchor, above, count - above - 1), look.row, look.head)

    def _place(self, book: Book, count: int) -> None:
        """Where the ladder stands now."""
        middle, follow = book.grid.nearest(_inside(book)), self._options.follow
        if self.anchor is None or (follow is Follow.CENTRED and not self.holds_still):
            self.anchor = middle
            return
        reach = max(1, count // 6)
        low, high = book.grid.moved(self.anchor, -reach), book.grid.moved(self.anchor, reach)
        is_central = low <= middle <= high
        self._is_astray = self._is_astray and not is_central
        if follow is Follow.AUTO and not (is_central or self._is_astray or self.holds_still):
            self.anchor = middle

    def scroll(self, market: CoinMarket, rows: int) -> None:
        """So many rows up; a ladder that is always centred does not scroll."""
        if self.anchor is not None and self._options.follow is not Follow.CENTRED:
            self.anchor = self.grid(market).moved(self.anchor, rows)
            self._is_astray = True

    def _suit(self, columns: BookColumns | LadderColumns, rows: tuple[Row, ...], most: int) -> tuple[int, int]:
        advance = self.look.ink.advance
        sizes, totals = [row.size for row in rows if row.size], [row.total for row in rows if row.total]
        if isinstance(columns, BookColumns):
            room = columns.total.room(advance) if columns.total is not None else 4
            size = suited(self._decimals[0], sizes, columns.size.room(advance), most)
            return size, suited(self._decimals[1], totals, room, min(most, TOTAL_DECIMALS))
        shown = totals if self._options.cumulative else sizes
        return suited(self._decimals[0], shown, columns.spans[1].room(advance), most), 0

    def _marks(self, market: CoinMarket, last: float | None) -> Marks:
        position = self._context.desk.portfolio.position(market.coin)
        if position is None:
            return Marks(last)
        end = position.liquidation_price
        return Marks(last, to_float(position.entry_price), None if not end else to_float(end))

    def orders_changed(self) -> None:
        """Who asks for one's orders goes through all of them, so they are asked for only then."""
        self._live = None

    def _own(self, coin: str) -> list[OwnOrder]:
        if self._live is None:
            self._live = self._context.desk.orders.live(coin)
        return [self._own_order(tracked) for tracked in self._live]

    def _own_order(self, tracked: TrackedOrder) -> OwnOrder:
        order, trigger = tracked.order, tracked.order.trigger
        key, size = tracked.client_order_id, to_float(tracked.remaining)
        if trigger is not None:
            price, leaves = to_float(trigger.price), order.reduce_only
            return OwnOrder(key, order.side, price, size, order.kind, is_trigger=True, is_exit=leaves)
        place = self._queues.place(key)
        return OwnOrder(
            key, order.side, to_float(order.price), size, order.kind, place=place, is_exit=order.reduce_only
        )

    def now(self, market: CoinMarket, decimals: int) -> Now:
        bid, ask = market.book.best_bid, market.book.best_ask
        context = self._context
        return Now(
            market.coin,
            decimals,
            context.arming.is_on,
            context.quick.size_text(market.coin),
            None if bid is None else bid.price,
            None if ask is None else ask.price,
            market.mid if market.mid is not None else market.mark,
            self.stale_sentence(market),
        )

    def stale_sentence(self, market: CoinMarket) -> str:
        """Why nothing is traded on this book; empty while it is the market's."""
        if self._context.desk.feed.cut_off is not None:
            return f"The link is down, the book {age_text(market)}."
        if FAST_BOOK not in market.stale_streams:
            return ""
        age = _age(market)
        if age is not None and age <= LIMITS[FAST_BOOK]:
            return ""
        return f"The book is {age_text(market)}; orders wait for a fresh one."


def age_text(market: CoinMarket) -> str:
    age = _age(market)
    return "not heard yet" if age is None else f"{age:.0f} s old"


def _age(market: CoinMarket) -> float | None:
    ages = [age for age in map(market.age_seconds, (FAST_BOOK, SLOW_BOOK)) if age is not None]
    return min(ages, default=None)


def spread_and_skew(market: CoinMarket) -> list[str]:
    parts = []
    spread, bid = market.book.spread, market.book.best_bid
    if spread is not None and bid is not None:
        parts.append(f"spread {figures.fixed(spread, decimals_of(market, bid.price))}")
    ratio = market.book.imbalance()
    if ratio is not None:
        parts.append(f"skew {figures.percent((ratio - 1) / (ratio + 1), 0, signed=True)}")
    return parts


def _inside(book: Book) -> float:
    """The middle between the best prices, or the one that there is."""
    prices = [side[0].price for side in (book.bids, book.asks) if side]
    return sum(prices) / len(prices)


def _valued(levels: list[Level]) -> list[Level]:
    return [Level(level.price, level.size * level.price, level.orders) for level in levels]


def _decimals_of_step(step: float) -> int:
    text = step_text(step)
    return len(text.partition(".")[2])
