"""The audit log holds each decision and each order once a word, in order, and its chain is sound."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import FillBooked, OrderChanged, Refused, Rejected, TradingState, TradingStateChanged
from hlmaster.core.orders import OrderStatus, RuleResult, Verdict
from hlmaster.core.proposals import ProposalChanged, ProposalState
from hlmaster.core.records import ForTheRecord
from hlmaster.desk.auditing import Auditing, settings_changes
from hlmaster.settings import Settings
from hlmaster.storage.audit.check import check_folder
from hlmaster.storage.audit.log import AuditLog
from tests.storage.facts import a_fill, a_proposal, an_order
from tests.trading.scenes import NOW, D, order


class Scene:
    def __init__(self, folder: Path) -> None:
        self.folder, self.bus = folder, Bus()
        self.log = AuditLog(folder, ManualClock(NOW), {})
        Auditing(self.bus, self.log)
        self.log.start()

    def entries(self) -> list[dict[str, Any]]:
        """What was audited, once the log is closed; the log's own words left out."""
        self.log.close()
        assert check_folder(self.folder).is_sound
        lines = (self.folder / "audit.jsonl").read_text().splitlines()
        return [json.loads(line)["entry"] for line in lines][1:-1]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.log.close()


def test_the_first_word_on_a_proposal_is_whole_and_comes_after_its_signals(scene: Scene) -> None:
    card = a_proposal()
    failures = Verdict((RuleResult("size", False, sentence="It is too large."), RuleResult("price", True)))
    for one in (
        card,
        replace(card, reference_price=D(97_100)),
        replace(card, state=ProposalState.BLOCKED, state_text="It is too large.", verdict=failures),
        replace(card, edited=True, size=D("0.05")),
        replace(card, edited=True, size=D("0.05"), state=ProposalState.PLACED, decided_by="you", order_ids=("0x1",)),
    ):
        scene.bus.publish(ProposalChanged(one))
    signal, opened, blocked, edited, placed = scene.entries()
    assert (signal["kind"], signal["subject"], signal["data"]["reason"]) == ("signal", card.signal.key, "It rose.")
    assert (opened["data"]["size"], opened["data"]["signals"]) == ("0.1", [card.signal.key])
    assert [one["rule"] for one in blocked["data"]["failures"]] == ["size"]
    assert edited["data"]["size"] == "0.05"
    assert (placed["data"]["state"], placed["data"]["by"], placed["data"]["orders"]) == ("placed", "you", ["0x1"])
    assert "size" not in placed["data"]


def test_what_else_is_decided_and_done_is_told(scene: Scene) -> None:
    one = order()
    scene.bus.publish(Refused(one, Verdict((RuleResult("size", False, sentence="Too large."),)), NOW))
    scene.bus.publish(Rejected(one, "no margin", NOW))
    scene.bus.publish(FillBooked(a_fill(7), D(3)))
    scene.bus.publish(TradingStateChanged(TradingState.HALTED, "Halted by you."))
    scene.bus.publish(ForTheRecord("veto", "ETH", "Momentum is vetoed.", "you", {"seconds": 60}))
    entries = scene.entries()
    told = [(entry["kind"], entry["subject"]) for entry in entries]
    name = one.client_order_id
    assert told == [("refused", name), ("rejected", name), ("fill", "oid:7"), ("trading", "halted"), ("veto", "ETH")]
    assert entries[2]["data"]["realised"] == "3"
    assert entries[4]["data"] == {"text": "Momentum is vetoed.", "who": "you", "seconds": 60}


@pytest.mark.parametrize("seed", range(8))
def test_in_any_life_of_orders_no_word_is_missing_and_none_is_told_twice(scene: Scene, seed: int) -> None:
    dice = random.Random(seed)
    orders = [replace(an_order(), order=order()) for _ in range(4)]
    expected: list[tuple[str, str, str]] = []
    last: dict[str, tuple[str, str]] = {}
    for n in range(200):
        place = dice.randrange(len(orders))
        known = orders[place]
        change = dice.choice(["status", "fill", "text", "time"])
        if change == "status":
            known = replace(known, status=dice.choice(list(OrderStatus)))
        elif change == "fill":
            known = replace(known, filled_size=D(dice.randint(0, 5)) / 10)
        elif change == "text":
            known = replace(known, text=f"text {n}")
        orders[place] = known
        scene.bus.publish(OrderChanged(known))
        word = (known.status.value, str(known.filled_size))
        if last.get(known.client_order_id) != word:
            last[known.client_order_id] = word
            expected.append((known.client_order_id, *word))
    entries = scene.entries()
    told = [(entry["subject"], entry["data"]["status"], entry["data"]["filled_size"]) for entry in entries]
    assert [(name, status, D(size)) for name, status, size in told] == [
        (name, status, D(size)) for name, status, size in expected
    ]
    firsts = {entry["subject"]: entry["data"] for entry in reversed(entries)}
    assert all(data["price"] == "3000" and data["foreign"] is False for data in firsts.values())
    assert all(one["number"] + 1 == two["number"] for one, two in pairwise(entries))


def test_settings_that_differ_are_named_and_no_others() -> None:
    before = Settings()
    assert list(settings_changes(before, before)) == []
    now = Settings.model_validate({"risk": {"max_open_positions": 3}, "safety": {"watchdog": "off"}})
    told = {change.subject: change for change in settings_changes(before, now)}
    assert set(told) == {"risk.max_open_positions", "safety.watchdog"}
    change = told["safety.watchdog"]
    assert (change.kind, change.text, change.who) == ("setting", "safety.watchdog: auto → off", "you")
    assert change.data == {"before": "auto", "now": "off"}
