"""Logs: one record in three places, secrets in none."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.logs import LogEntry, Logs, start_logs

KEY = "0x" + "c0ffee12" * 8
log = logging.getLogger("hlmaster.market.feed")


@pytest.fixture
def console() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logs(tmp_path: Path, console: io.StringIO) -> Iterator[Logs]:
    logs = start_logs(tmp_path / "logs" / "app.log", console)
    yield logs
    logs.close()


def lines(tmp_path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (tmp_path / "logs" / "app.log").read_text().splitlines()]


def test_a_record_reaches_file_console_and_ring(logs: Logs, tmp_path: Path, console: io.StringIO) -> None:
    log.warning("book of %s is %d s old", "BTC", 4, extra={"code": "MKT-001"})
    [line] = lines(tmp_path)
    assert (line["level"], line["name"], line["code"]) == ("WARNING", "hlmaster.market.feed", "MKT-001")
    assert line["message"] == "book of BTC is 4 s old"
    assert "WARNING market.feed: book of BTC is 4 s old [MKT-001]" in console.getvalue()
    [entry] = logs.ring.entries()
    assert entry.time_ms == line["time_ms"]
    assert entry.code == "MKT-001"


def test_an_error_of_ours_brings_its_code_and_traceback(logs: Logs, tmp_path: Path) -> None:
    try:
        raise VenueUnreachable("No route.", "Check the network.")
    except VenueUnreachable:
        log.exception("send failed")
    [line] = lines(tmp_path)
    assert line["code"] == "VEN-002"
    assert "Traceback" in str(line["detail"])


def test_a_secret_in_message_arguments_or_traceback_reaches_nothing(
    logs: Logs, tmp_path: Path, console: io.StringIO
) -> None:
    log.error("key %s", KEY)
    try:
        raise ValueError(f"bad key {KEY}")
    except ValueError:
        log.exception("failed", stack_info=True, extra={"code": KEY})
    everything = (tmp_path / "logs" / "app.log").read_text() + console.getvalue() + repr(logs.ring.entries())
    assert KEY[2:] not in everything
    assert everything.count("[redacted]") >= 9


def test_debug_is_left_out_at_the_usual_level(logs: Logs) -> None:
    log.debug("detail")
    assert logs.ring.entries() == []


def test_listeners_hear_later_entries_until_they_leave(logs: Logs) -> None:
    heard: list[LogEntry] = []
    log.info("before")
    leave = logs.ring.subscribe(heard.append)
    log.info("while")
    leave()
    log.info("after")
    assert [entry.message for entry in heard] == ["while"]


def test_a_listener_whose_window_is_gone_is_dropped(logs: Logs) -> None:
    def gone(_entry: LogEntry) -> None:
        raise RuntimeError("wrapped C++ object has been deleted")

    logs.ring.subscribe(gone)
    log.info("one")
    log.info("two")
    assert len(logs.ring.entries()) == 2


def test_the_ring_forgets_the_oldest(tmp_path: Path) -> None:
    logs = start_logs(ring_size=3)
    for n in range(5):
        log.info("%d", n)
    logs.close()
    assert [entry.message for entry in logs.ring.entries()] == ["2", "3", "4"]


def test_a_log_file_that_cannot_be_opened_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    logs = start_logs(tmp_path / "taken" / "app.log")
    logs.close()
    assert "No log file is kept" in logs.ring.entries()[0].message


def test_only_the_owner_may_read_the_file(logs: Logs, tmp_path: Path) -> None:
    assert (tmp_path / "logs" / "app.log").stat().st_mode & 0o077 == 0


def test_closing_leaves_the_root_logger_as_it_was() -> None:
    before = (logging.getLogger().level, list(logging.getLogger().handlers))
    start_logs().close()
    assert (logging.getLogger().level, list(logging.getLogger().handlers)) == before
