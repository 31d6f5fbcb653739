"""A person trades by hand on the demo exchange, over real sockets, closes the application and finds all as it was."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from hlmaster.core.events import Refused
from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.orders import OrderStatus
from hlmaster.desk.desk import Desk
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.flow.desks import UNPROTECTED, D, demo_desk, fresh, until

CENT = D("0.01")


def market(side: Side = Side.BUY, usd: str = "2000", coin: str = "ETH") -> Ticket:
    return Ticket(coin, side, TicketKind.MARKET, SizeUnit.USD, D(usd))


async def venue_equity_less_unrealised(desk: Desk) -> tuple[Decimal, Decimal]:
    """Ours and the exchange's cash, at one moment: equity moves with every mark."""
    account = await desk._parts.trading.account()
    theirs = account.equity - sum((p.unrealised for p in account.positions), D(0))
    return desk.portfolio.equity - desk.portfolio.unrealised, theirs


async def test_trade_by_hand_close_and_find_everything_again(tmp_path: Path) -> None:
    async with demo_desk(tmp_path, overrides=UNPROTECTED) as desk:
        await fresh(desk, "ETH")
        assert desk.portfolio.equity == D(10_000)
        bought = await desk.manual.place(market())
        assert bought.orders[0].status is OrderStatus.FILLED
        bid = desk.survey("ETH").best_bid
        assert bid is not None
        low = (bid * D("0.98")).quantize(D(1))
        rested = await desk.manual.place(
            Ticket("ETH", Side.BUY, TicketKind.POST_ONLY, SizeUnit.USD, D(500), limit_price=low)
        )
        assert rested.orders[0].status is OrderStatus.RESTING
        moved = await desk.manual.modify(rested.orders[0].client_order_id, price=low - 3)
        assert moved.ok
        await until(lambda: desk.portfolio.size("ETH") != 0, desk)
        size = desk.portfolio.size("ETH")
        stop = await desk.manual.place(
            Ticket("ETH", Side.SELL, TicketKind.STOP_MARKET, SizeUnit.COIN, size, trigger_price=low, reduce_only=True)
        )
        assert stop.orders[0].status is OrderStatus.WAITING
        await until(lambda: len(desk.orders.live("ETH")) == 2, desk)
        ours, theirs = await venue_equity_less_unrealised(desk)
        assert abs(ours - theirs) < CENT
        before = sorted((o.client_order_id, o.order.price, str(o.status)) for o in desk.orders.live())
        fills = [booked.fill.key for booked in desk.portfolio.fills]
        books = (desk.portfolio.ledger.realised, desk.portfolio.ledger.fees)

    async with demo_desk(tmp_path, overrides=UNPROTECTED) as again:
        assert sorted((o.client_order_id, o.order.price, str(o.status)) for o in again.orders.live()) == before
        assert [booked.fill.key for booked in again.portfolio.fills] == fills
        assert (again.portfolio.ledger.realised, again.portfolio.ledger.fees) == books
        assert again.portfolio.size("ETH") == size
        await fresh(again, "ETH")
        report = await again.manual.flatten_all()
        assert report.is_flat
        assert (len(report.cancelled), [text.split()[0] for text in report.closed]) == (2, ["ETH"])
        ours, theirs = await venue_equity_less_unrealised(again)
        assert abs(ours - theirs) < CENT


async def test_reverse_and_leverage_and_refusals(tmp_path: Path) -> None:
    async with demo_desk(tmp_path) as desk:
        await fresh(desk, "SOL")
        assert (await desk.manual.set_leverage("SOL", Leverage(MarginMode.CROSS, 5))).ok
        assert not (await desk.manual.set_leverage("SOL", Leverage(MarginMode.CROSS, 500))).ok
        await desk.manual.place(market(Side.SELL, "1000", "SOL"))
        await until(lambda: desk.portfolio.size("SOL") < 0, desk)
        short = desk.portfolio.size("SOL")
        assert (await desk.manual.reverse("SOL")).ok
        await until(lambda: desk.portfolio.size("SOL") == -short, desk)
        refusals: list[Refused] = []
        desk.bus.subscribe(Refused, refusals.append)
        too_big = await desk.manual.place(market(usd="900000", coin="SOL"))
        assert not too_big.ok
        assert {failure.rule for failure in refusals[0].verdict.failures} >= {"largest order", "collateral"}
        desk.pause()
        assert "paused" in (await desk.manual.place(market(usd="100", coin="SOL"))).sentence
        assert (await desk.manual.close("SOL")).ok, "pause never blocks an exit"
        await until(lambda: desk.portfolio.size("SOL") == 0, desk)


async def test_stops_do_not_outlive_the_position_they_protect(tmp_path: Path) -> None:
    async with demo_desk(tmp_path, overrides=UNPROTECTED) as desk:
        await fresh(desk, "ETH")
        await desk.manual.place(market())
        await until(lambda: desk.portfolio.size("ETH") > 0, desk)
        size, mark = desk.portfolio.size("ETH"), desk.survey("ETH").mark
        assert mark is not None
        low, high = (mark * D("0.95")).quantize(D(1)), (mark * D("1.05")).quantize(D(1))
        for kind, price in ((TicketKind.STOP_MARKET, low), (TicketKind.TAKE_PROFIT_MARKET, high)):
            guard = Ticket("ETH", Side.SELL, kind, SizeUnit.COIN, size, trigger_price=price, reduce_only=True)
            assert (await desk.manual.place(guard)).ok
        await until(lambda: len(desk.orders.live("ETH")) == 2, desk)
        assert (await desk.manual.reverse("ETH")).ok
        await until(lambda: desk.portfolio.size("ETH") == -size, desk)
        await desk.reconciler.run()
        assert desk.orders.live("ETH") == []
        assert await desk._parts.trading.open_orders() == ()
