"""Threads of one process that take nonces and print them: ``python -m tests.storage.nonce_taker FILE COUNT``."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from hlmaster.storage.nonces import NonceBlocks

THREADS = 4
STOPPED_CLOCK_MS = 1_700_000_000_000


def main(path: Path, count: int) -> None:
    blocks = NonceBlocks(path, block=16)
    taken: list[list[int]] = [[] for _ in range(THREADS)]

    def take(mine: list[int]) -> None:
        mine.extend(blocks.reserve(STOPPED_CLOCK_MS) for _ in range(count))

    threads = [threading.Thread(target=take, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write("\n".join(str(nonce) for mine in taken for nonce in mine) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
