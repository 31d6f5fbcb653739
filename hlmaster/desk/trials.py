"""What only the venue itself can tell of how it treats orders: eleven small questions, each asked by a real action.

For the test network, with its test money, by explicit request. Sizes are the smallest the venue takes, resting prices a
fifth off the market, and whatever was opened is cancelled and closed at the end. An embedded exchange answers as this
program believes the venue to answer, so it proves the questions, not the answers.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from enum import StrEnum
from typing import Any

import msgspec

from hlmaster.core.clock import Clock
from hlmaster.core.errors import AccessRefused, HlError, VenueError
from hlmaster.core.model import Instrument
from hlmaster.core.rounding import wire_text
from hlmaster.exchange.hyperliquid import codec
from hlmaster.exchange.hyperliquid.client import Client
from hlmaster.exchange.hyperliquid.queries import AccountQueries
from hlmaster.exchange.hyperliquid.signing import Signer
from hlmaster.exchange.hyperliquid.trial import Trial

log = logging.getLogger(__name__)
VALUE = Decimal(12)
"""USD of each order; the venue's least is 10."""
COIN = "BTC"
LAG_ORDERS = 10
PATIENCE = 20.0


class Verdict(StrEnum):
    AS_BELIEVED = "as believed"
    OTHERWISE = "OTHERWISE"
    BY_HAND = "only by hand"
    NOT_RUN = "not run"


VERDICTS = {True: Verdict.AS_BELIEVED, False: Verdict.OTHERWISE, None: Verdict.NOT_RUN}


@dataclass(frozen=True, slots=True)
class Answer:
    number: int
    question: str
    believed: str
    verdict: Verdict
    observed: str = ""


QUESTIONS: tuple[tuple[str, str], ...] = (
    ("Does a noop with an order's nonce fence that order?", "Whichever comes second is refused for its nonce."),
    ("Are identical bytes carried out twice?", "The second is refused; one order rests."),
    ("Is a client order id taken twice?", "Yes, two orders rest under it; so the name alone proves nothing."),
    ("What does a stale expiry answer, and what does it cost?", "“Action already expired”, and five requests."),
    ("Does the scheduled cancel remove resting triggers?", "Every resting order goes, triggers too."),
    ("Does a position's stop follow its size, and end with it?", "It covers the whole position; it goes when flat."),
    ("How long after its reply is an order seen by its name?", "Within a second."),
    ("Which refusals prove that nothing was done?", "Malformed requests, used nonces and unknown signers."),
    ("Can a rest worth less than 10 USD be closed?", "Yes, reduce-only."),
    ("Do orders of an API wallet outlive its approval?", "They rest on; nobody but the account can cancel them."),
    ("Which answers carry the venue's time, and how old is it?", "The account's, less than ten seconds old."),
)


class Trials:
    """``run`` asks all that may be asked; its answers are in the order of ``QUESTIONS``."""

    def __init__(self, trial: Trial, client: Client, clock: Clock, account: str, instrument: Instrument) -> None:
        self._trial, self._client, self._clock, self._account = trial, client, clock, account
        self._instrument = instrument
        self._queries = AccountQueries(client, clock, account)
        self._names: list[str] = []
        self._mid = Decimal(0)

    async def run(self) -> list[Answer]:
        """A question that failed says so. Raises AccessRefused where something is open: trials would close it."""
        account, orders = await self._queries.account(), await self._queries.open_orders()
        if orders or any(position.size for position in account.positions):
            raise AccessRefused(
                "The account has open orders or positions, which the trials would cancel and close.",
                "Close them first, or use another test account.",
            )
        asked: dict[int, Callable[[], Awaitable[tuple[bool | None, str]]]] = {
            1: self._fence,
            2: self._twice,
            3: self._same_name,
            4: self._stale,
            5: self._scheduled,
            6: self._stop_follows,
            7: self._lag,
            8: self._refusals,
            9: self._dust,
            11: self._times,
        }
        answers = []
        for number, (question, believed) in enumerate(QUESTIONS, 1):
            step = asked.get(number)
            if step is None:
                said = "Approve a wallet that ends within the hour, rest an order, and look again after its end."
                answers.append(Answer(number, question, believed, Verdict.BY_HAND, said))
                continue
            try:
                self._mid = await self._price()
                good, observed = await step()
                verdict = VERDICTS[good]
            except HlError as error:
                verdict, observed = Verdict.NOT_RUN, str(error)
            answers.append(Answer(number, question, believed, verdict, observed))
            await self._tidy()
        return answers

    # --- the questions ---

    async def _fence(self) -> tuple[bool, str]:
        first = self._trial.nonce()
        fence = await self._trial.act({"type": "noop"}, nonce=first)
        late = await self._trial.act(self._resting(), nonce=first)
        second = self._trial.nonce()
        landed = await self._trial.act(self._resting(), nonce=second)
        after = await self._trial.act({"type": "noop"}, nonce=second)
        good = (_done(fence), _done(late), _done(landed), _done(after)) == (True, False, True, False)
        return good, f"order after noop: {words(late)}; noop after order: {words(after)}"

    async def _twice(self) -> tuple[bool, str]:
        body = self._trial.sealed(self._resting())
        first, second = await self._trial.post(body), await self._trial.post(body)
        rests = len(await self._ours())
        return _done(first) and not _done(second) and rests == 1, f"second: {words(second)}; {rests} resting"

    async def _same_name(self) -> tuple[bool, str]:
        action = self._resting()
        first, second = await self._trial.act(action), await self._trial.act(action)
        rests = len(await self._ours())
        return _done(first) and _done(second) and rests == 2, f"second: {words(second)}; {rests} resting"

    async def _stale(self) -> tuple[bool, str]:
        used, _ = await self._queries.allowance()
        answer = await self._trial.act(self._resting(), expires_ms=self._clock.now_ms() - 5_000)
        now, _ = await self._queries.allowance()
        good = not _done(answer) and "expired" in words(answer).lower() and now - used == 5
        return good, f"{words(answer)}; {now - used} requests charged"

    async def _scheduled(self) -> tuple[bool | None, str]:
        placed = [await self._trial.act(self._resting()), await self._trial.act(self._trigger())]
        when = self._clock.now_ms() + 6_000
        answer = await self._trial.act({"type": "scheduleCancel", "time": when})
        if "until enough volume traded" in words(answer):
            return None, f"this account may not ask yet: {words(answer)}"
        await self._until(lambda rest: not rest)
        left = await self._ours()
        return all(map(_done, placed)) and not left, f"{len(left)} of 2 orders left"

    async def _stop_follows(self) -> tuple[bool, str]:
        opened = await self._trial.act(self._market(buy=True))
        stop = self._trigger(buy=False, share="0.8", size="0", reduce=True, grouping="positionTpsl")
        placed = await self._trial.act(stop)
        more = await self._trial.act(self._market(buy=True))
        rest = [order for order in await self._queries.open_orders() if order.client_order_id in self._names]
        sizes = ", ".join(f"{order.size} (whole position: {order.is_position_tpsl})" for order in rest) or "none"
        await self._flat()
        left = len(await self._ours())
        good = all(map(_done, (opened, placed, more))) and left == 0 and len(rest) == 1
        return good, f"stop {words(placed)}; its size after an increase: {sizes}; {left} left once flat"

    async def _lag(self) -> tuple[bool, str]:
        lags = []
        for _ in range(LAG_ORDERS):
            action = self._resting()
            await self._trial.act(action)
            began = self._clock.monotonic()
            while await self._queries.order_status(self._names[-1]) is None:
                if self._clock.monotonic() - began > PATIENCE:
                    return False, f"not seen after {PATIENCE:.0f} s"
                await asyncio.sleep(0.05)
            lags.append(self._clock.monotonic() - began)
        lags.sort()
        middle, worst = lags[len(lags) // 2], lags[-1]
        return worst < 1.0, f"{len(lags)} orders: median {middle * 1000:.0f} ms, longest {worst * 1000:.0f} ms"

    async def _refusals(self) -> tuple[bool, str]:
        malformed = await self._trial.act({"type": "order", "orders": []})
        nonce = self._trial.nonce()
        await self._trial.act({"type": "noop"}, nonce=nonce)
        used = await self._trial.act(self._resting(), nonce=nonce)
        stranger = await self._trial.act(self._resting(), signer=Signer(secrets.token_hex(32)))
        seen = {"empty": malformed, "used nonce": used, "unknown signer": stranger}
        rests = len(await self._ours())
        text = "; ".join(f"{name}: {words(answer)}" for name, answer in seen.items())
        return not any(map(_done, seen.values())) and rests == 0, text

    async def _dust(self) -> tuple[bool, str]:
        opened = await self._trial.act(self._market(buy=True))
        step = Decimal(1).scaleb(-self._instrument.size_decimals)
        held = await self._position()
        most = await self._trial.act(self._market(buy=False, size=held - step, reduce=True))
        rest = await self._trial.act(self._market(buy=False, size=step, reduce=True))
        left = await self._position()
        value = step * self._mid
        return left == 0, f"opened {words(opened)}; closed most {words(most)}; rest of ${value:.2f}: {words(rest)}"

    async def _times(self) -> tuple[bool, str]:
        asked = self._clock.now_ms()
        account = (await self._queries.account()).time_ms
        book = codec.BOOK.read(await self._client.info("l2Book", coin=COIN))
        ages = {"account": asked - account, "book": asked - (book.time if book else 0)}
        return abs(ages["account"]) < 10_000, ", ".join(f"{name} {age} ms old" for name, age in ages.items())

    # --- orders ---

    def _named(self) -> str:
        self._names.append("0x" + secrets.token_hex(16))
        return self._names[-1]

    def _size(self, share: Decimal = Decimal(1)) -> Decimal:
        """Worth ``VALUE`` at this share of the mid price, on the coin's grid."""
        step = Decimal(1).scaleb(-self._instrument.size_decimals)
        return (VALUE / (self._mid * share) / step).quantize(Decimal(1), ROUND_UP) * step

    def _at(self, share: str) -> str:
        """A whole number is a valid price at any size of it."""
        return wire_text((self._mid * Decimal(share)).quantize(Decimal(1)))

    def _entry(self, kind: dict[str, Any], *, buy: bool, price: str, size: str, reduce: bool) -> dict[str, Any]:
        asset = self._instrument.asset
        return {"a": asset, "b": buy, "p": price, "s": size, "r": reduce, "t": kind, "c": self._named()}

    def _resting(self) -> dict[str, Any]:
        size = wire_text(self._size(Decimal("0.8")))
        entry = self._entry({"limit": {"tif": "Alo"}}, buy=True, price=self._at("0.8"), size=size, reduce=False)
        return {"type": "order", "orders": [entry], "grouping": "na"}

    def _market(self, *, buy: bool, size: Decimal | None = None, reduce: bool = False) -> dict[str, Any]:
        price = self._at("1.03" if buy else "0.97")
        text = wire_text(self._size() if size is None else size)
        entry = self._entry({"limit": {"tif": "Ioc"}}, buy=buy, price=price, size=text, reduce=reduce)
        return {"type": "order", "orders": [entry], "grouping": "na"}

    def _trigger(
        self,
        *,
        buy: bool = True,
        share: str = "1.2",
        size: str | None = None,
        reduce: bool = False,
        grouping: str = "na",
    ) -> dict[str, Any]:
        kind = {"trigger": {"isMarket": True, "triggerPx": self._at(share), "tpsl": "sl"}}
        limit = self._at("1.25" if buy else "0.75")
        text = wire_text(self._size()) if size is None else size
        entry = self._entry(kind, buy=buy, price=limit, size=text, reduce=reduce)
        return {"type": "order", "orders": [entry], "grouping": grouping}

    # --- the account ---

    async def _price(self) -> Decimal:
        mids = msgspec.json.decode(await self._client.info("allMids"), type=dict[str, str | None])
        text = mids.get(COIN)
        if text is None:
            raise VenueError(f"The exchange tells no price of {COIN}.", "Try again when it trades.")
        return Decimal(text)

    async def _ours(self) -> list[str]:
        return [
            order.client_order_id
            for order in await self._queries.open_orders()
            if order.client_order_id in self._names and order.client_order_id is not None
        ]

    async def _position(self) -> Decimal:
        account = await self._queries.account()
        return next((position.size for position in account.positions if position.coin == COIN), Decimal(0))

    async def _until(self, done: Callable[[list[str]], bool]) -> None:
        began = self._clock.monotonic()
        while self._clock.monotonic() - began < PATIENCE:
            if done(await self._ours()):
                return
            await self._clock.sleep(0.5)

    async def _flat(self) -> None:
        size = await self._position()
        if size:
            await self._trial.act(self._market(buy=size < 0, size=abs(size), reduce=True))

    async def _tidy(self) -> None:
        """Nothing of ours rests or is open when the next question is asked."""
        try:
            rest = await self._ours()
            if rest:
                asset = self._instrument.asset
                named = [{"asset": asset, "cloid": name} for name in rest]
                await self._trial.act({"type": "cancelByCloid", "cancels": named})
            await self._flat()
        except HlError as error:
            log.warning("what a question opened is not closed yet: %s", error)


def _done(answer: Any) -> bool:
    """Accepted, every part of it."""
    if not isinstance(answer, dict) or answer.get("status") != "ok":
        return False
    statuses = _statuses(answer)
    return not any(isinstance(status, dict) and "error" in status for status in statuses)


def _statuses(answer: Any) -> list[Any]:
    response = answer.get("response")
    data = response.get("data") if isinstance(response, dict) else None
    statuses = data.get("statuses") if isinstance(data, dict) else None
    return statuses if isinstance(statuses, list) else []


def words(answer: Any) -> str:
    """An answer in the venue's own words, short."""
    if isinstance(answer, dict) and answer.get("status") == "ok":
        parts = [status["error"] for status in _statuses(answer) if isinstance(status, dict) and "error" in status]
        return "; ".join(map(str, parts)) or "ok"
    text = answer.get("response") if isinstance(answer, dict) else answer
    return f"“{str(text)[:120]}”"
