"""``python -m tests.hostile --seed N -v``: one schedule, told as it went."""

from __future__ import annotations

import argparse
import sys
import time

from tests.hostile.schedule import run_schedule

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("-v", action="store_true")
    args = parser.parse_args()
    for seed in range(args.seed, args.seed + args.count):
        began, cpu = time.perf_counter(), time.process_time()
        verdict = run_schedule(seed)
        if args.v:
            print("\n".join(verdict.history.lines))
            print("\n".join(verdict.history.logs))
        print(
            seed,
            f"{time.perf_counter() - began:.2f} s, cpu {time.process_time() - cpu:.2f}, virtual {verdict.virtual_seconds:.0f}, settled {verdict.settled_after:.0f}",
            dict(verdict.history.counts),
        )
        for finding in verdict.findings:
            print("   ", finding)
    sys.exit(0)
