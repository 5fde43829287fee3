"""The second opinion: a verifier of passports that shares nothing with the first but the formats.

Standard library, `ecdsa` and `ledger_client.wire`, nothing else; Merkle trees, state proofs and
chains are written anew from RFC 9162 and the formats.  Where the two opinions differ, one is wrong.

What must hold
V1  the maker's statement: form, kind, item, ledger, signature by the key that it names
V2  the checkpoint: signed by the ledger key, for the ledger; cosigned as the trust file asks
V3  the list of revoked keys is the one that the checkpoint commits to
V4  every state proof leads to the checkpoint's state root; the item and its recall are among them,
    and none that nothing asks for
V5  the item's chain is whole, and so are its carriers' while the item was with them; no other is
    there
V6  every device record is one that an event names, signed by the signer that the event names
V7  of a logger with any telemetry here, there is all that was measured while it travelled along:
    from the record that an event links, back to the attaching and on to the detaching or to the
    newest that the state proves, without a gap that the state does not list, signed by the device
    that bears the label
V8  every key is used
"""

from ledger_client.second_opinion.opinion import Opinion, judge

__all__ = ["Opinion", "judge"]
