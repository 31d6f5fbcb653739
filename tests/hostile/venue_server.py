"""The embedded exchange of a schedule: a house that outlives its server, and a log of everything it is asked to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hlmaster.exchange.simulator.connection import Reply
from hlmaster.exchange.simulator.faults import Fault, FaultKind, Faults
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.opening import Options
from hlmaster.exchange.simulator.server import SimulatorServer
from hlmaster.exchange.simulator.wire import decode
from tests.hostile.history import History, WireAction


class JournalReader:
    """Asks the journal's file, past its owner, whether an intent is on disk."""

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None

    def open(self, path: Path) -> None:
        self.close()
        self._connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def holds(self, nonce: int, subject: str) -> bool:
        assert self._connection is not None
        found = self._connection.execute(
            "SELECT 1 FROM intents WHERE nonce = ? AND subject = ? LIMIT 1", (nonce, subject)
        )
        return found.fetchone() is not None

    def knows(self, nonce: int) -> bool:
        assert self._connection is not None
        found = self._connection.execute("SELECT 1 FROM intents WHERE nonce = ? LIMIT 1", (nonce,))
        return found.fetchone() is not None


class WatchedFaults(Faults):
    """Counts what really struck, and knows until when it works on."""

    def __init__(self, monotonic: Callable[[], float], seed: int, history: History) -> None:
        super().__init__(monotonic, seed)
        self._now, self._history = monotonic, history
        self.work_until = 0.0

    def strike(self, *kinds: FaultKind, channel: str = "") -> Fault | None:
        fault = super().strike(*kinds, channel=channel)
        if fault is not None:
            self._history.struck[fault.kind] += 1
            self.work_until = max(self.work_until, self._now() + max(0.0, fault.seconds))
        return fault


class VenueServer(SimulatorServer):
    def __init__(self, house: House, port: int, history: History, journal: JournalReader) -> None:
        super().__init__(Options(port=port))
        self._kept_house, self._history, self._journal = house, history, journal

    def _open_house(self) -> House:
        self._kept_house._listeners.clear()
        return self._kept_house

    def _info(self, peer: str, body: Any) -> Reply:
        reply = super()._info(peer, body)
        self._history.note(self.clock.monotonic(), f"  wire info {body.get('type')} {reply.status}")
        return reply

    def _exchange(self, peer: str, body: Any) -> Reply:
        action, nonce = body["action"], body["nonce"]
        orders = _orders(action)
        names = tuple(order["c"] for order in orders)
        intended = all(self._journal.holds(nonce, name) for name in names) if names else self._journal.knows(nonce)
        reply = super()._exchange(peer, body)
        accepted = reply.status == 200 and decode(reply.body)["status"] == "ok"
        values = tuple((str(order["a"]), bool(order["r"]), order["p"], order["s"]) for order in orders)
        now = self.clock.monotonic()
        self._history.wire.append(WireAction(now, action["type"], nonce, names, values, intended, accepted))
        self._history.note(now, f"  wire {action['type']} {nonce} {' '.join(n[:8] for n in names)} {_short(reply)}")
        return reply


def _orders(action: Any) -> list[Any]:
    match action["type"]:
        case "order":
            return list(action["orders"])
        case "batchModify":
            return [one["order"] for one in action["modifies"]]
        case "modify":
            return [action["order"]]
        case _:
            return []


def _short(reply: Reply) -> str:
    return f"{reply.status} {reply.body[:160].decode(errors='replace')}"
