"""Who may ask, and who may write.

Readers sign their requests (RFC 9421) with any enrolled key in standing; devices have no business
here.  Writers are authenticated by their statement's own signature, before the writer is bothered.
"""

from collections.abc import Callable

from ledger_client.core import identity, state, statement
from ledger_client.core.state import View
from ledger_client.errors import InvalidData, Refused
from ledger_client.service import message_signature
from ledger_client.service.limits import NonceCache
from ledger_client.service.message_signature import Request
from ledger_client.service.problem import Problem
from ledger_client.wire import codes


class ReaderAccess:
    """Authenticates requests; remembers their nonces."""

    def __init__(self, now_s: Callable[[], int], take_turn: Callable[[bytes], None]) -> None:
        """`take_turn` raises Problem 429 when a key asks too often."""
        self._now_s = now_s
        self._take_turn = take_turn
        self._started_s = now_s()  # nonces used before that are not known
        self._nonces = NonceCache(now_s)

    def authenticate(self, view: View, ledger: bytes, request: Request) -> bytes:
        """Thumbprint of the key that signed `request` to `ledger`; Problem 401 when it is not
        signed as it must be, 403 when its key may not read, 429 when it asks too often."""
        try:
            signed = message_signature.read(request)
            signed.check_ledger(ledger)
            signed.check_time(self._now_s(), self._started_s)
            key = identity.require_key(view, signed.thumbprint)
            signed.verify(key.public_key)
        except InvalidData as error:
            raise Problem(401, "Signature required", str(error), rule=error.rule) from error
        if key.role == codes.ROLE_DEVICE or not key.in_standing() \
                or key.organisation not in identity.members(view):
            raise Problem(403, "Not allowed", "this key is a device's, was revoked or replaced, or "
                          "its owner left", rule="http.standing")
        self._use(signed)
        return signed.thumbprint

    def _use(self, signed: message_signature.Signed) -> None:
        # After verifying and the key's turn, so that a key fills its share of the cache at most;
        # what was used before takes nobody's turn.
        replayed = Problem(401, "Signature required", "this nonce was used before",
                           rule="http.replay")
        if self._nonces.used(signed.thumbprint, signed.nonce):
            raise replayed
        self._take_turn(signed.thumbprint)
        fresh = self._nonces.fresh(signed.thumbprint, signed.nonce, signed.expires_s)
        if fresh is None:
            raise Problem(429, "Too Many Requests", "too many nonces to remember",
                          retry_after_s=message_signature.WINDOW_S)
        if not fresh:
            raise replayed


def registered_or_signer(view: View, data: bytes) -> int | bytes:
    """Entry number of a statement that is registered, else the thumbprint of the key that signed
    it; Refused when nobody known did."""
    parsed = statement.parse(data)
    number = view.get(state.entry_key(parsed.entry_hash))
    if isinstance(number, int):
        return number
    try:
        parsed.verify(identity.require_key(view, parsed.issuer).public_key)
    except Refused:
        raise
    except InvalidData as error:
        raise Refused("S2", str(error)) from error
    return parsed.issuer
