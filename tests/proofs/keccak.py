"""Keccak-256 as Ethereum uses it, from the algorithm's description: 24 rounds over 25 lanes of 64 bits."""

from __future__ import annotations

MASK = (1 << 64) - 1
RATE = 136


def _round_constants() -> tuple[int, ...]:
    """From the degree-8 linear feedback register x^8 + x^6 + x^5 + x^4 + 1."""
    register, constants = 1, []
    for _ in range(24):
        constant = 0
        for power in range(7):
            constant |= (register & 1) << ((1 << power) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return tuple(constants)


def _moves() -> tuple[tuple[int, int], ...]:
    """Per lane in the order of the walk (x, y) -> (y, 2x + 3y): where it goes and by how much it is rotated."""
    x, y, moves = 1, 0, []
    for step in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        moves.append((x + 5 * y, (step + 1) * (step + 2) // 2 % 64))
    return tuple(moves)


ROUNDS, MOVES = _round_constants(), _moves()
ROWS = (0, 5, 10, 15, 20)


def _permute(a: list[int]) -> None:
    for constant in ROUNDS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        for x in range(5):
            turned = c[(x + 1) % 5]
            d = c[x - 1] ^ ((turned << 1 | turned >> 63) & MASK)
            for y in ROWS:
                a[x + y] ^= d
        carried = a[1]
        for target, by in MOVES:
            a[target], carried = (carried << by | carried >> (64 - by)) & MASK, a[target]
        for y in ROWS:
            b0, b1, b2, b3, b4 = a[y : y + 5]
            a[y] = b0 ^ (~b1 & b2)
            a[y + 1] = b1 ^ (~b2 & b3)
            a[y + 2] = b2 ^ (~b3 & b4)
            a[y + 3] = b3 ^ (~b4 & b0)
            a[y + 4] = b4 ^ (~b0 & b1)
        a[0] ^= constant


def keccak256(data: bytes) -> bytes:
    padded = bytearray(data) + bytearray(RATE - len(data) % RATE)
    padded[len(data)] |= 0x01
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), RATE):
        for lane in range(RATE // 8):
            lanes[lane] ^= int.from_bytes(padded[start + 8 * lane : start + 8 * lane + 8], "little")
        _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])
