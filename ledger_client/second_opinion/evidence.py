"""Device records behind the events, the keys that signed them, and the times they tell."""

from ledger_client.second_opinion.chains import Chains
from ledger_client.second_opinion.fault import Fault, at
from ledger_client.second_opinion.form import Event, Passport
from ledger_client.second_opinion.signed import Signatures
from ledger_client.wire import codes, cose, record, scan
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Record


class Keys:
    """Public keys of devices by thumbprint; every one must be used."""

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = {cose.thumbprint(key): key for key in keys}
        self._unused = {cose.thumbprint(key): number for number, key in enumerate(keys)}

    def use(self, thumbprint: bytes) -> bytes:
        if thumbprint not in self._keys:
            raise Fault("keys", f"the key {thumbprint.hex()[:16]} of a record is missing")
        self._unused.pop(thumbprint, None)
        return self._keys[thumbprint]

    def check_all_used(self) -> None:
        for number in self._unused.values():
            raise Fault(f"keys[{number}]", "no record is signed by it")


class Scans:
    """The records of a passport, each found to be the one that its events name."""

    def __init__(self, passport: Passport, chains: Chains) -> None:
        self._records: dict[bytes, tuple[str, Record]] = {}
        self._missing = 0  # events without the record of their device
        for number, data in enumerate(passport.records):
            field = f"records[{number}]"
            with at(field):
                parsed = record.decode(data, passport.ledger)
            if parsed.digest in self._records:
                raise Fault(field, "it stands twice")
            self._records[parsed.digest] = field, parsed
        self._signers = self._match(chains)
        for digest, (field, _) in self._records.items():
            if digest not in self._signers:
                raise Fault(field, "no event names it")

    def _match(self, chains: Chains) -> dict[bytes, bytes]:
        """Digest -> thumbprint of the signer, of every record that an event names."""
        signers: dict[bytes, bytes] = {}
        for event in chains.all_events().values():
            if event.leaf is None:
                continue  # a statement's, not a device's
            if event.digest not in self._records:
                self._missing += 1
                continue
            field, parsed = self._records[event.digest]
            if signers.setdefault(event.digest, event.signer) != event.signer:
                raise Fault(field, "two events name different signers of it")
            with at(field):
                _check_scan(parsed, event)
        return signers

    def absent(self) -> list[str]:
        return [f"device records of {self._missing} events"] if self._missing else []

    def verify(self, keys: Keys, signatures: Signatures) -> None:
        """Each is signed by the key that its events name."""
        for digest, signer in self._signers.items():
            field, parsed = self._records[digest]
            key = keys.use(signer)
            with at(field):
                signatures.verify(key, digest, parsed.signature)

    def unix_ms(self, event: Event) -> int:
        """When an event happened: by the device that scanned, else by the ledger."""
        found = self._records.get(event.digest)
        if found is None:
            return event.time_ms
        clock = found[1].clock
        known = clock.unix_ms is not None and clock.error_ms is not None
        return clock.unix_ms if known else event.time_ms  # type: ignore[return-value]


def _check_scan(parsed: Record, event: Event) -> None:
    if parsed.kid != event.signer[:cose.KID_BYTES]:
        raise WireError("record", "its kid is not that of the signer that the event names")
    if parsed.kind != codes.KIND_SCAN or scan.decode(parsed.body).action != event.action:
        raise WireError("record", "it is no scan of the action that the event names")
