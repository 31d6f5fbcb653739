"""The long forms of the proofs: ``python -m tests.proofs rounding --count 1000000`` and ``signing --count 100000``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tests.proofs.rounding import RoundingProof
from tests.proofs.signing import SigningProof

PROOFS: dict[str, tuple[Callable[[int], Any], int]] = {
    "rounding": (RoundingProof, 1_000_000),
    "signing": (SigningProof, 100_000),
}
PORTION = 5_000


def portion(name: str, seed: int, count: int) -> Any:
    return PROOFS[name][0](seed).run(count)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    parser.add_argument("proof", choices=PROOFS)
    parser.add_argument("--count", type=int, help="cases; without it 1,000,000 roundings or 100,000 signatures")
    parser.add_argument("--seed", type=int, default=1_000, help="of the first portion; the next ones follow")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    chosen = parser.parse_args(arguments)
    count = chosen.count or PROOFS[chosen.proof][1]
    sizes = [min(PORTION, count - start) for start in range(0, count, PORTION)]
    started = time.perf_counter()
    with ProcessPoolExecutor(chosen.processes) as pool:
        seeds = range(chosen.seed, chosen.seed + len(sizes))
        total, *others = pool.map(portion, [chosen.proof] * len(sizes), seeds, sizes)
    for other in others:
        total += other
    seconds = time.perf_counter() - started
    seeded = f"seeds {seeds.start} to {seeds[-1]}"
    verdict = "\n".join(total.wrong) or "Nothing was wrong."
    sys.stdout.write(f"{chosen.proof}: {total.cases:,} cases, {seeded}, {seconds:.0f} s\n{total}\n{verdict}\n")
    return 1 if total.wrong or total.cases != count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
