"""Frames decoded to facts, and orders signed: no socket, no bus."""

from __future__ import annotations

import json

from hlmaster.core.clock import SystemClock
from hlmaster.exchange.hyperliquid.codec import read_frame
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from tests.bench.recording import by_channel, record
from tests.bench.report import Report, median_seconds

MICRO = 1e6


def run(report: Report) -> None:
    decode(report)
    sign(report)


def decode(report: Report) -> None:
    now = SystemClock().now_ms
    goals = {"l2Book": 6.0, "bbo": 1.0}
    frames = record(1)
    for channel, found in by_channel(frames).items():
        raw = max(found, key=len)
        taken = median_seconds(lambda raw=raw: read_frame(raw, now), calls=5000) * MICRO  # type: ignore[misc]
        report.add(f"decode {channel} ({len(raw)} bytes) to a fact", taken, "µs", at_most=goals.get(channel))
        if channel == "l2Book":
            plain = median_seconds(lambda raw=raw: with_json(raw), calls=2000) * MICRO  # type: ignore[misc]
            report.add("the same with json and float()", plain, "µs")

    def all_of_them() -> None:
        for raw in frames:
            read_frame(raw, now)

    report.add("decode the mix", median_seconds(all_of_them) / len(frames) * MICRO, "µs")


def with_json(raw: bytes) -> list[list[tuple[float, float]]]:
    sides = json.loads(raw)["data"]["levels"]
    return [[(float(level["px"]), float(level["sz"])) for level in side] for side in sides]


def sign(report: Report) -> None:
    signer = Signer.generate()
    limit = {"limit": {"tif": "Gtc"}}
    order = {"a": 0, "b": True, "p": "97000", "s": "0.1", "r": False, "t": limit, "c": "0x" + "ab" * 16}
    action = {"type": "order", "orders": [order], "grouping": "na"}

    def once() -> None:
        signer.sign(action, 1_766_566_375_292, 1_766_566_390_292, Network.TESTNET)

    report.add("sign an order and recover its signer", median_seconds(once, calls=50) * 1e3, "ms", at_most=1.0)
