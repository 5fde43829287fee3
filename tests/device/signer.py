"""RFC 6979 vectors, edge digests and verification on the interpreter of the device."""

import hashlib

from firmware.device import ecdsa, p256, p256_table
from ledger_client.wire.cose import P256_ORDER as N

# RFC 6979 A.2.5, P-256 with SHA-256; s in its lower form where the RFC prints the upper one
KEY = bytes.fromhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
PUBLIC = bytes.fromhex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                       "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299")
VECTORS = (
    (b"sample", "a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
     0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8),
    (b"test", "d16b6ae827f17175e040871a1c7ec3500192c4c92677336ec2537acaee0008e0",
     "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
     0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083),
)


CALLS = [0]


def counting(size: int) -> bytes:
    """Blinding bytes that differ from call to call, the same in every run."""
    CALLS[0] += 1
    return hashlib.sha256(CALLS[0].to_bytes(4, "big")).digest()[:size]


def check_rfc6979(signer: ecdsa.Signer) -> None:
    assert signer.public_key == PUBLIC
    for message, nonce, r, s in VECTORS:
        digest = hashlib.sha256(message).digest()
        found = next(iter(ecdsa.nonces(int.from_bytes(KEY, "big"), digest)))
        assert found == int.from_bytes(bytes.fromhex(nonce), "big")
        assert signer.sign(digest) == bytes.fromhex(r) + min(s, N - s).to_bytes(32, "big")


def check_edges(signer: ecdsa.Signer) -> None:
    """Digests at the edges of the group order, and keys whose scalars are."""
    edges = [value.to_bytes(32, "big") for value in
             (0, 1, 2, N - 1, N, N + 1, (1 << 256) - 1, 1 << 255)]
    for one in (signer, ecdsa.Signer((1).to_bytes(32, "big"), counting),
                ecdsa.Signer((N - 1).to_bytes(32, "big"), counting),
                ecdsa.Signer((2).to_bytes(32, "big"), counting)):
        table = p256.result(p256.comb_table_steps(*ecdsa.read_public_key(one.public_key)))
        for digest in edges:
            signature = one.sign(digest)
            assert signature == one.sign(digest), "blinding shows in the signature"
            assert int.from_bytes(signature[32:], "big") <= N // 2
            assert verify(table, digest, signature)
            other = bytes((digest[0] ^ 1,)) + digest[1:]
            assert not verify(table, other, signature)


def verify(table: object, digest: bytes, signature: bytes) -> object:
    return p256.result(ecdsa.verify_steps(table, digest, signature))  # type: ignore[arg-type]


def check_refusals(signer: ecdsa.Signer) -> None:
    table = p256.result(p256.comb_table_steps(*ecdsa.read_public_key(signer.public_key)))
    digest = hashlib.sha256(b"sample").digest()
    good = signer.sign(digest)
    zero, order = bytes(32), N.to_bytes(32, "big")
    for bad in (b"", good[:63], good + b"\x00", zero + good[32:], good[:32] + zero,
                order + good[32:], good[:32] + order, zero + zero, good[32:] + good[:32]):
        assert not verify(table, digest, bad)
    for size, point in ((64, bytes(64)), (63, PUBLIC[:63]), (64, PUBLIC[:63] + b"\x00")):
        try:
            ecdsa.read_public_key(point)
        except ValueError:
            continue
        raise AssertionError("a key of %d bytes off the curve was taken" % size)


def check_comb() -> None:
    """Small multiples against repeated addition: every case of the addition formula."""
    base = p256.table_from_bytes(p256_table.GENERATOR_COMB)
    point = (1, 1, 0)
    for scalar in range(1, 40):
        point = p256.add(point, *p256.GENERATOR)
        assert p256.affine([point]) == p256.affine([multiple(base, scalar)])
    assert multiple(base, 0)[2] == 0
    minus = p256.add(multiple(base, 5), *p256.affine([multiple(base, N - 5)])[0])
    assert minus[2] == 0, "5 and -5 do not cancel"


def multiple(table: object, scalar: int) -> "tuple[int, int, int]":
    found = p256.result(p256.sum_steps([(table, scalar)], 12345))  # type: ignore[list-item]
    return found  # type: ignore[return-value]


SIGNER = ecdsa.Signer(KEY, counting)
check_rfc6979(SIGNER)
check_edges(SIGNER)
check_refusals(SIGNER)
check_comb()
