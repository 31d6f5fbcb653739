"""What the last run left behind: actions without an end are asked after, and a crash closes entries until confirmed."""

from __future__ import annotations

from hlmaster.core.bus import Bus
from hlmaster.core.events import Notice, Severity, TradingState
from hlmaster.core.model import Mode
from hlmaster.core.orders import ActionKind, Intent, OrderStatus
from hlmaster.core.ports import Journal
from hlmaster.desk.guard import Guard
from hlmaster.trading.execution.resolver import LEFT_OPEN, Resolver
from hlmaster.trading.execution.tracker import OrderTracker

REASON = "crash"


class Recovery:
    """``look`` at the very start; ``recall`` once the store's orders are back; then ``take_up``."""

    def __init__(
        self, bus: Bus, guard: Guard, journal: Journal, tracker: OrderTracker, resolver: Resolver, mode: Mode
    ) -> None:
        self._bus, self._guard, self._journal = bus, guard, journal
        self._tracker, self._resolver, self._mode = tracker, resolver, mode
        self._left: list[Intent] = []
        self._asks = False

    def look(self) -> None:
        """After an end that was not in order: with real orders only exits work; elsewhere it is merely told."""
        if not self._journal.unclean:
            return
        if self._mode in (Mode.TESTNET, Mode.LIVE):
            sentence = (
                "The last run did not end in order. Look at positions and orders, then confirm the restart; "
                "until then stops, closes and cancels work, and entries do not."
            )
            self._guard.restrain(REASON, TradingState.PROTECT_ONLY, sentence)
            self._bus.publish(Notice(Severity.WARNING, sentence))
        else:
            self._journal.confirm()
            self._bus.publish(Notice(Severity.INFO, "The last run did not end in order; its orders are being checked."))

    @property
    def is_waiting(self) -> bool:
        """Entries are closed until a person confirms."""
        return self._guard.is_restrained_by(REASON)

    def confirm(self) -> None:
        """A person has looked: entries may open again."""
        self._journal.confirm()
        self._guard.release(REASON)

    async def recall(self) -> None:
        """Intents without an end are ours again, before the exchange's streams tell of them. Raises StorageError."""
        self._left = await self._journal.unresolved()
        for intent in self._left:
            self._remember(intent)
        if self._asks:
            self.take_up()

    def take_up(self) -> None:
        """From now on the exchange is asked: their fate is unknown until it tells it."""
        self._asks = True
        left, self._left = self._left, []
        self._resolver.take_up_left_open(left)

    def _remember(self, intent: Intent) -> None:
        if intent.order is None:
            return
        name = intent.order.client_order_id
        tracked = self._tracker.get(name)
        if tracked is not None and tracked.status.is_final:
            self._journal.resolve(name, tracked.status, tracked.text)
        elif intent.kind is ActionKind.MODIFY and tracked is not None:
            self._tracker.begin_replacing(name, intent.order)
            self._tracker.doubt_replacing(name)
        elif tracked is None:
            self._tracker.register(intent.order)
            self._tracker.prepared(name, intent.expires_ms)
            self._tracker.mark(name, OrderStatus.UNKNOWN, LEFT_OPEN)
