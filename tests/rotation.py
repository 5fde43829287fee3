"""A world whose ledger key is rotated."""

from ledger_client.core import identity, statement
from ledger_client.core.entry import Submission
from ledger_client.node.embedded import EmbeddedLedger
from ledger_client.signer import SoftwareSigner
from ledger_client.wire import codes, session
from tests.world import World, signer

NEW = signer("second ledger key")


def rotation(world: World, by: SoftwareSigner | None = None) -> Submission:
    """The convenor's root key, or `by`, replaces the ledger key by NEW."""
    old = world.ledger_signer
    proof = session.sign1(codes.PURPOSE_POSSESSION, world.ledger, NEW, session.encode_possession(
        world.maker[0].thumbprint, codes.ROLE_LEDGER, NEW.thumbprint, old.thumbprint))
    return world.state("rotate", by or world.maker[0], identity.statement_subject(old.public_key),
                       [1, old.thumbprint, NEW.public_key, proof, None])


def rotated(world: World) -> World:
    """Rotated, opened with the new key, and one entry registered under it."""
    world.register(rotation(world))
    world.engine = EmbeddedLedger(world.store, NEW, lambda: world.now_ms)
    world.enrol(codes.ROLE_GATEWAY, "second gateway", world.maker, [False])
    return world


def revoke_old(world: World, since: int) -> int:
    """Revoke the replaced key from entry `since` on."""
    old = world.ledger_signer
    world.register(world.state(
        "revoke", world.maker[0], identity.statement_subject(old.public_key),
        [1, old.kid, statement.entry_hash(world.engine.statement(since)), 1]))
    return since
