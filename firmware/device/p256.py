"""P-256 with plain integers: points, signed-comb tables and sums of multiples, in slices.

A signed comb writes an odd scalar as 258 digits of +1 or -1, in COLUMNS columns of TEETH digits:
no zero digit, so every multiplication is the same sequence of doublings and additions.  An even
scalar k is taken as -(n - k).  The table of a point holds its 32 sums with the last tooth positive.

Whatever takes longer than a few doublings is a generator that yields None between slices and its
result last: a device goes on working meanwhile.  `pow(a, -1, m)` is 0 on MicroPython, so inverses
are Euclid's.  Domain parameters: SEC 2 version 2.0, section 2.4.2.
"""

from ledger_client.wire.cose import P256_ORDER as N

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Affine = tuple[int, int]
    Jacobian = tuple[int, int, int]
    Table = list[Affine]

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
GENERATOR = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
             0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)

COLUMNS, TEETH = 43, 6  # 258 digits hold every scalar below n
_TABLE_SIZE = 1 << (TEETH - 1)
_ROW_MASK = (1 << COLUMNS) - 1
_ALL_ONES = (1 << (COLUMNS * TEETH)) - 1
_INFINITY = (1, 1, 0)
_DOUBLINGS_A_SLICE = 8  # about the work of one column of a verification


def inverse(a: int, modulus: int) -> int:
    """1 / a; `a` is no multiple of the prime `modulus`."""
    before, rest = modulus, a % modulus
    factor_before, factor = 0, 1
    while rest:
        quotient, remainder = divmod(before, rest)
        before, rest = rest, remainder
        factor_before, factor = factor, factor_before - quotient * factor
    return factor_before % modulus


def on_curve(x: int, y: int) -> bool:
    """Is (x, y) a point of the curve?  Its order is prime: there is no small subgroup."""
    return x < P and y < P and (y * y - (x * x - 3) * x - B) % P == 0


def double(point: "Jacobian") -> "Jacobian":
    x, y, z = point
    zz = z * z % P
    yy = y * y % P
    beta = x * yy % P
    alpha = 3 * (x - zz) * (x + zz) % P
    x3 = (alpha * alpha - 8 * beta) % P
    return x3, (alpha * (4 * beta - x3) - 8 * yy * yy) % P, 2 * y * z % P


def add(point: "Jacobian", x2: int, y2: int) -> "Jacobian":
    """`point` + (x2, y2), every case."""
    x1, y1, z1 = point
    if z1 == 0:
        return x2, y2, 1
    zz = z1 * z1 % P
    h = (x2 * zz - x1) % P
    r = (y2 * z1 * zz - y1) % P
    if h == 0:
        return double(point) if r == 0 else _INFINITY
    hh = h * h % P
    hhh = hh * h % P
    v = x1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - y1 * hhh) % P, z1 * h % P


def affine(points: "list[Jacobian]") -> "Table":
    """The points with z = 1, by one inversion; none is the point at infinity."""
    products = [1]
    for point in points:
        products.append(products[-1] * point[2] % P)
    rest = inverse(products[-1], P)
    out = []
    for place in range(len(points) - 1, -1, -1):
        x, y, z = points[place]
        one_by_z = rest * products[place] % P
        rest = rest * z % P
        squared = one_by_z * one_by_z % P
        out.append((x * squared % P, y * squared * one_by_z % P))
    out.reverse()
    return out


def comb_table_steps(x: int, y: int) -> "Iterator[Table | None]":
    """The comb table of a point other than infinity, in slices."""
    point = (x, y, 1)
    teeth = [point]
    twice = []
    for step in range(1, COLUMNS * (TEETH - 1) + 1):
        point = double(point)
        if step % COLUMNS == 1:
            twice.append(point)
        if step % COLUMNS == 0:
            teeth.append(point)
        if step % _DOUBLINGS_A_SLICE == 0:
            yield None
    flat = affine(teeth + twice)
    yield None
    start = (flat[TEETH - 1][0], flat[TEETH - 1][1], 1)
    for tooth_x, tooth_y in flat[:TEETH - 1]:
        start = add(start, tooth_x, P - tooth_y)
    table = [start]
    for tooth in range(TEETH - 1):  # from -tooth to +tooth is twice the tooth
        step_x, step_y = flat[TEETH + tooth]
        for place in range(1 << tooth):
            table.append(add(table[place], step_x, step_y))
        yield None
    yield affine(table)


def table_from_bytes(data: bytes) -> "Table":
    """A table from 32 points x || y of 32 bytes each."""
    return [(int.from_bytes(data[at:at + 32], "big"), int.from_bytes(data[at + 32:at + 64], "big"))
            for at in range(0, 64 * _TABLE_SIZE, 64)]


def sum_steps(products: "list[tuple[Table, int]]", blind: int) -> "Iterator[Jacobian | None]":
    """Sum of scalar * point over (comb table, scalar of 0..n-1), one column a slice.

    `blind` (1..p-1) randomises the projective form, so that what is computed with differs from
    one signature to the next (Coron 1999, third countermeasure).
    """
    rows = [_rows(table, scalar) for table, scalar in products]
    point = _INFINITY
    started = False
    for column in range(COLUMNS - 1, -1, -1):
        if started:
            point = double(point)
        for table, negative, bits in rows:
            x, y = _digit(table, negative, bits, column)
            if started:
                point = add(point, x, y)
            else:
                square = blind * blind % P
                point = (x * square % P, y * square * blind % P, blind)
                started = True
        yield None
    yield point


def _rows(table: "Table", scalar: int) -> "tuple[Table, bool, list[int]]":
    """(table, is the product negated, one row of sign bits a tooth)."""
    negative = scalar & 1 == 0
    if negative:
        scalar = N - scalar
    bits = (scalar + _ALL_ONES) >> 1
    return table, negative, [bits >> (COLUMNS * tooth) & _ROW_MASK for tooth in range(TEETH)]


def _digit(table: "Table", negative: bool, rows: "list[int]", column: int) -> "Affine":
    place = 0
    for tooth in range(TEETH):
        place |= (rows[tooth] >> column & 1) << tooth
    if place < _TABLE_SIZE:  # the last tooth is negative: the mirrored sum, negated
        place ^= _TABLE_SIZE - 1
        negative = not negative
    x, y = table[place & _TABLE_SIZE - 1]
    return (x, P - y) if negative else (x, y)


def result(steps: "Iterator[object]") -> object:
    """All slices at once."""
    value = None
    for step in steps:
        value = step
    return value
