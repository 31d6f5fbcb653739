"""The curve y² = x³ + 7 over the integers: which key made a signature. In Jacobian coordinates, with plain integers."""

from __future__ import annotations

from functools import cache

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
Point = tuple[int, int]
Jacobian = tuple[int, int, int]
NOTHING: Jacobian = (0, 1, 0)


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    yy = y * y % P
    s = 4 * x * yy % P
    m = 3 * x * x % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _add(one: Jacobian, other: Jacobian) -> Jacobian:
    if not one[2]:
        return other
    if not other[2]:
        return one
    x1, y1, z1 = one
    x2, y2, z2 = other
    zz1, zz2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * zz2 % P, x2 * zz1 % P
    s1, s2 = y1 * z2 * zz2 % P, y2 * z1 * zz1 % P
    if u1 == u2:
        return _double(one) if s1 == s2 else NOTHING
    h, r = u2 - u1, s2 - s1
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, h * z1 * z2 % P


def _affine(point: Jacobian) -> Point:
    inverse = pow(point[2], -1, P)
    return point[0] * inverse * inverse % P, point[1] * inverse * inverse * inverse % P


@cache
def _generator_table() -> tuple[tuple[Jacobian, ...], ...]:
    """For each of 32 bytes of a number, that byte's 256 multiples of G."""
    rows, base = [], (*G, 1)
    for _ in range(32):
        row = [NOTHING]
        for _ in range(255):
            row.append(_add(row[-1], base))
        base = _add(row[-1], base)
        rows.append(tuple((*_affine(point), 1) if point[2] else point for point in row))
    return tuple(rows)


def _times_generator(factor: int) -> Jacobian:
    total = NOTHING
    for row, byte in zip(_generator_table(), factor.to_bytes(32, "little"), strict=True):
        total = _add(total, row[byte])
    return total


def _times(factor: int, point: Point) -> Jacobian:
    """Four bits at a time."""
    multiples: list[Jacobian] = [NOTHING, (*point, 1)]
    for _ in range(14):
        multiples.append(_add(multiples[-1], multiples[1]))
    total = NOTHING
    for shift in range(252, -4, -4):
        for _ in range(4):
            total = _double(total)
        total = _add(total, multiples[factor >> shift & 15])
    return total


def public_key(private: int) -> bytes:
    """x and y, 32 bytes each."""
    return _bytes(_affine(_times_generator(private)))


def recover(digest: bytes, r: int, s: int, v: int) -> bytes:
    """The public key whose owner signed ``digest`` with (r, s); ``v`` is 27 or 28. Raises ValueError for no signature.

    Q = (s R - z G) / r, where R is the point with abscissa r whose ordinate has the parity of v - 27.
    """
    if not (0 < r < N and 0 < s <= N // 2 and v in (27, 28)):
        raise ValueError("r, s or v is out of range, or s is not the smaller of its two values")
    square = (r * r * r + 7) % P
    y = pow(square, (P + 1) // 4, P)
    if y * y % P != square:
        raise ValueError("no point of the curve has this r")
    if y % 2 != v - 27:
        y = P - y
    inverse = pow(r, -1, N)
    z = int.from_bytes(digest, "big")
    point = _add(_times(s * inverse % N, (r, y)), _times_generator(-z * inverse % N))
    return _bytes(_affine(point))


def _bytes(point: Point) -> bytes:
    return point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")
