"""The bus: order, isolation of failures, and nothing lost."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.bus import Bus, HandlerFailed


@dataclass(frozen=True, slots=True)
class Ping:
    number: int


@dataclass(frozen=True, slots=True)
class Pong:
    number: int


def test_handlers_run_in_the_order_they_subscribed() -> None:
    bus, heard = Bus(), list[str]()
    bus.subscribe(Ping, lambda _: heard.append("first"))
    bus.subscribe(Ping, lambda _: heard.append("second"))
    bus.publish(Ping(1))
    assert heard == ["first", "second"]


def test_a_fact_published_in_a_handler_waits_until_everybody_heard_the_present_one() -> None:
    bus, heard = Bus(), list[object]()
    bus.subscribe(Ping, lambda ping: bus.publish(Pong(ping.number)))
    bus.subscribe(Ping, heard.append)
    bus.subscribe(Pong, heard.append)
    bus.publish(Ping(1))
    assert heard == [Ping(1), Pong(1)]


def test_a_handler_that_raises_is_reported_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bus, heard, failures = Bus(), list[Ping](), list[HandlerFailed]()

    def broken(ping: Ping) -> None:
        raise KeyError(ping.number)

    bus.subscribe(Ping, broken)
    bus.subscribe(Ping, heard.append)
    bus.subscribe(HandlerFailed, failures.append)
    with caplog.at_level(logging.CRITICAL):
        bus.publish(Ping(7))
    assert heard == [Ping(7)]
    assert [(f.fact, f.error) for f in failures] == [("Ping", "KeyError: 7")]
    assert "broken" in failures[0].handler


def test_a_failing_failure_handler_does_not_go_round_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    bus, calls = Bus(), list[HandlerFailed]()

    def broken(fact: object) -> None:
        if isinstance(fact, HandlerFailed):
            calls.append(fact)
        raise RuntimeError

    bus.subscribe(Ping, broken)
    bus.subscribe(HandlerFailed, broken)
    with caplog.at_level(logging.CRITICAL):
        bus.publish(Ping(1))
    assert len(calls) == 1


def test_only_the_exact_type_is_heard() -> None:
    bus, heard = Bus(), list[object]()
    bus.subscribe(object, heard.append)
    bus.publish(Ping(1))
    assert heard == []


def test_a_subscription_ends_once_even_in_the_middle_of_a_fact() -> None:
    bus, heard = Bus(), list[Ping]()
    ends = [bus.subscribe(Ping, heard.append)]
    bus.subscribe(Ping, lambda _: ends[0]())
    bus.publish(Ping(1))
    bus.publish(Ping(2))
    ends[0]()
    assert heard == [Ping(1)]


@given(st.lists(st.integers(0, 3), max_size=30))
def test_every_subscriber_hears_the_same_facts_in_the_same_order(chains: list[int]) -> None:
    bus = Bus()
    early, late = list[Ping](), list[Ping]()

    def follow(ping: Ping) -> None:
        if ping.number > 0:
            bus.publish(Ping(ping.number - 1))

    bus.subscribe(Ping, early.append)
    bus.subscribe(Ping, follow)
    bus.subscribe(Ping, late.append)
    for length in chains:
        bus.publish(Ping(length))
    assert early == late
    assert len(early) == sum(n + 1 for n in chains) == bus.published
