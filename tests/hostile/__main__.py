"""Hostile runs by hand.

``python -m tests.hostile --seed N -v``          one schedule, told as it went
``python -m tests.hostile --seed N --count M``   M schedules; failing ones are kept with ``--keep``
``python -m tests.hostile --kills M``            M kill -9 of a real headless process
``python -m tests.hostile --soak``               10,000 schedules and 1,000 kills, over as many runs as it takes

``--ledger FILE`` (with --soak: build/hostile/ledger.jsonl) gathers what runs find; totals are of all of them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.hostile import kills, ledger
from tests.hostile.history import Verdict
from tests.hostile.schedule import run_schedule

SOAK_SCHEDULES, SOAK_KILLS, SOAK_FIRST = 10_000, 1_000, 100_000
"""A soak's seeds begin where the tests' own end."""


def main(argv: list[str]) -> int:
    options = _parser().parse_args(argv)
    path: Path | None = options.ledger
    if options.soak:
        path = path or ledger.LEDGER
        failed = soak(path, options.jobs, options.minutes)
    elif options.kills:
        failed = kill(options.kills, options.seed, path)
    else:
        failed = schedules(range(options.seed, options.seed + options.count), options, path)
    if path is not None:
        say(ledger.totals(path))
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description="Schedules of misfortune.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--keep", action="store_true", help="remember failing seeds in regressions.json")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell every event")
    parser.add_argument("--kills", type=int, default=0, help="so many kill -9 instead of schedules")
    parser.add_argument("--soak", action="store_true")
    parser.add_argument("--minutes", type=float, default=1e9, help="end a soak after so many, and go on another time")
    parser.add_argument("--ledger", type=Path)
    return parser


def schedules(seeds: range, options: argparse.Namespace, path: Path | None) -> int:
    failed = 0
    began = time.perf_counter()
    for verdict in run_many(seeds, options.jobs):
        if options.verbose:
            say("\n".join([*verdict.history.lines, *verdict.history.logs]))
        tell(verdict)
        failed += bool(verdict.findings)
        if verdict.findings and options.keep:
            ledger.keep(verdict)
        if path is not None:
            ledger.append(path, ledger.row_of(verdict))
    spent = time.perf_counter() - began
    say(f"{len(seeds)} schedules in {spent:.0f} s ({len(seeds) / spent:.2f} a second), {failed} with findings")
    return failed


def run_many(seeds: range, jobs: int) -> Iterator[Verdict]:
    if jobs == 1:
        yield from map(run_schedule, seeds)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(run_schedule, seeds)


def kill(count: int, seed: int, path: Path | None) -> int:
    result = kills.run_kills(count, seed)
    say(str(result))
    if path is not None:
        ledger.append(path, result.row())
    return len(result.findings)


def soak(path: Path, jobs: int, minutes: float) -> int:
    """Goes on where the ledger ends."""
    deadline = time.monotonic() + 60 * minutes
    failed, done = 0, {row["seed"] for row in ledger.rows(path) if row.get("seed", 0) >= SOAK_FIRST}
    killed = sum(row["kills"] for row in ledger.rows(path) if "kills" in row)
    while time.monotonic() < deadline and (len(done) < SOAK_SCHEDULES or killed < SOAK_KILLS):
        if len(done) < SOAK_SCHEDULES:
            first = max(done, default=SOAK_FIRST - 1) + 1
            seeds = range(first, first + min(100, SOAK_SCHEDULES - len(done)))
            for verdict in run_many(seeds, jobs):
                ledger.append(path, ledger.row_of(verdict))
                if verdict.findings:
                    failed += 1
                    tell(verdict)
            done.update(seeds)
        if killed < SOAK_KILLS:
            failed += kill(10, killed, path)
            killed += 10
        say(f"{len(done)} of {SOAK_SCHEDULES} schedules, {killed} of {SOAK_KILLS} kills, {failed} failures")
    return failed


def tell(verdict: Verdict) -> None:
    counts = verdict.history.counts
    say(
        f"seed {verdict.seed}: {verdict.virtual_seconds:.0f} s, {counts['blows']} blows, {counts['crashes']} crashes, "
        f"{counts['actions']} actions, {counts['fills']} fills; agreed after {verdict.settled_after:.0f} s"
    )
    for finding in verdict.findings:
        say(f"  {finding}")
    if verdict.findings:
        say(f"  {ledger.reproduction(verdict.seed)}")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
