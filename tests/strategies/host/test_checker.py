"""Checks in a process of their own: it serves who waits, and ends with the last."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hlmaster.core.signals import Check
from hlmaster.strategies.host.checker import Checker
from hlmaster.strategies.host.messages import Source
from hlmaster.strategies.host.process import HostLost
from tests.strategies.host.code import LOOKS_AHEAD, good
from tests.strategies.host.stand_in import Troupe


def source(text: str) -> Source:
    return Source("mine.py", text=text.encode())


async def test_one_process_serves_all_who_wait_for_the_same_code(tmp_path: Path) -> None:
    troupe = Troupe(tmp_path)
    checker, code = Checker(troupe._begin), source(good())
    found = await asyncio.gather(*(checker.check(code, "mine", {"period": n}) for n in (5, 6, 7)))
    assert [[check.passed for check in checks] for checks in found] == [[True]] * 3
    assert (len(troupe.processes), troupe.ended) == (1, 1)
    await checker.check(code, "mine", {})
    assert (len(troupe.processes), troupe.ended) == (2, 2)


async def test_other_code_gets_another_process(tmp_path: Path) -> None:
    troupe = Troupe(tmp_path)
    checker = Checker(troupe._begin)
    good_one, bad_one = await asyncio.gather(
        checker.check(source(good()), "mine", {}), checker.check(source(good(signals=LOOKS_AHEAD)), "mine", {})
    )
    assert good_one[0].passed
    assert (bad_one[0].name, bad_one[0].passed) == ("look-ahead", False)
    assert (len(troupe.processes), troupe.ended) == (2, 2)


async def test_what_ends_the_process_is_a_check_that_failed(tmp_path: Path) -> None:
    troupe = Troupe(tmp_path)
    checks = await Checker(troupe._begin).check(source("while True: pass"), "mine", {})
    assert checks == (Check("runs", False, "It took longer than 250 ms."),)
    assert troupe.ended == 1


async def test_without_a_process_nothing_passes() -> None:
    async def never() -> Troupe:
        raise HostLost("No process can be started.")

    checks = await Checker(never).check(None, "template", {})  # type: ignore[arg-type]
    assert checks == (Check("runs", False, "No process can be started."),)


async def test_one_who_no_longer_waits_leaves_nothing_behind(tmp_path: Path) -> None:
    troupe = Troupe(tmp_path)
    waiting = asyncio.create_task(Checker(troupe._begin).check(source(good()), "mine", {}))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert troupe.ended == len(troupe.processes)
