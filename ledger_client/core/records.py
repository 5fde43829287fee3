"""Records inside an accepted block: signature, standing, chain, then the body's own rules.

Nothing here refuses: a record that breaks a rule stays in its block, has no effect, and a finding
stands beside it.
"""

from ledger_client.core import custody, device_chain, findings, identity, signature
from ledger_client.core.block import Leaf
from ledger_client.core.entry import Entry
from ledger_client.core.findings import Finding
from ledger_client.core.identity import Key
from ledger_client.core.scene import Scene
from ledger_client.wire import codes, event, record, scan, telemetry
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock, Record


def apply_record(entry: Entry, number: int, leaf: Leaf) -> None:
    """One leaf of a block.  What no key of a device vouches for, the gateway has stated."""
    try:
        parsed = record.decode(leaf.record, entry.ledger)
    except WireError as error:
        _find(entry, number, [Finding("R1", None, [str(error)])], None)
        return
    found = identity.key_of_kid(entry.view, parsed.kid)
    if found is None or found[1].role != codes.ROLE_DEVICE:
        _find(entry, number, [Finding("R2", None, [parsed.kid.hex()])], None)
        return
    _find(entry, number, _judge(entry, number, parsed, *found), found[1])


def _find(entry: Entry, number: int, found: list[Finding], device: Key | None) -> None:
    for finding in found:
        stated_by = device or identity.require_key(entry.view, entry.statement.issuer)
        findings.add(entry.view, entry.number, number, finding, stated_by.organisation)


def _judge(entry: Entry, number: int, parsed: Record, thumbprint: bytes,
           key: Key) -> list[Finding]:
    before = device_chain.registered(entry.view, thumbprint, parsed.epoch, parsed.seq)
    if before is not None and before.digest == parsed.digest:
        return []  # a duplicate: no second effect, its signature is not looked at again
    try:
        signature.verify(key.public_key, parsed.digest, parsed.signature)
    except signature.BadSignature:
        return [Finding("R3", None, [parsed.kid.hex(), parsed.epoch, parsed.seq])]
    if before is not None:
        return device_chain.fork(entry.view, thumbprint, parsed).findings
    return _place(entry, number, parsed, thumbprint, key)


def _place(entry: Entry, number: int, parsed: Record, thumbprint: bytes,
           key: Key) -> list[Finding]:
    before = device_chain.head(entry.view, thumbprint, parsed.epoch).contiguous()
    tainted = not _in_standing(entry, key) and \
        not device_chain.precedes_registered(entry.view, thumbprint, parsed)
    placed = device_chain.place(entry.view, thumbprint, parsed, (entry.number, number),
                                now_ms=entry.now_ms, tainted=tainted)
    if tainted:
        found = [*placed.findings, Finding("R4", None, [parsed.epoch, parsed.seq])]
    else:
        found = [*placed.findings, *_check_clock(entry, parsed),
                 *_apply_body(entry, number, parsed, thumbprint, key)]
    after = device_chain.head(entry.view, thumbprint, parsed.epoch).contiguous()
    if after > before + 1:
        custody.settle_device(entry, device_name(thumbprint, parsed.epoch), before + 2, after)
    return found


def _in_standing(entry: Entry, key: Key) -> bool:
    """Neither revoked, nor its owner expelled; what a rotated key signed before still counts."""
    organisation = identity.require_organisation(entry.view, key.organisation)
    return key.tainted_from is None and organisation.member


def _check_clock(entry: Entry, parsed: Record) -> list[Finding]:
    try:
        record.check_clock(parsed.clock)
    except WireError as error:
        return [Finding("R8", None, [error.rule])]
    ahead_ms = _ahead_ms(entry, parsed.clock)
    return [Finding("R9", None, [ahead_ms])] if ahead_ms > 0 else []


def _ahead_ms(entry: Entry, clock: Clock) -> int:
    """How far a clock is ahead of ledger time, whatever its error."""
    if clock.unix_ms is None or clock.error_ms is None:
        return 0
    return max(0, clock.unix_ms - clock.error_ms - entry.now_ms)


def _judged_clock(entry: Entry, parsed: Record) -> Clock:
    """What the rules go by: nothing, when the clock breaks its rules; ledger time, when it is ahead
    of that, also if the scan waits until its clock comes true."""
    try:
        record.check_clock(parsed.clock)
    except WireError:
        return Clock(None, codes.SOURCE_NONE, None, parsed.clock.timebase, parsed.clock.elapsed_ms)
    if _ahead_ms(entry, parsed.clock):
        return parsed.clock._replace(unix_ms=entry.now_ms, error_ms=0)
    return parsed.clock


def _apply_body(entry: Entry, number: int, parsed: Record, thumbprint: bytes,
                key: Key) -> list[Finding]:
    if parsed.version != codes.VERSION or parsed.kind not in (
            codes.KIND_TELEMETRY, codes.KIND_SCAN, codes.KIND_EVENT):
        return [Finding("R10", None, [parsed.version, parsed.kind])]
    try:
        if parsed.kind == codes.KIND_TELEMETRY:
            telemetry.expand(telemetry.decode(parsed.body), parsed.clock)
        elif parsed.kind == codes.KIND_EVENT:
            event.decode(parsed.body)
        else:
            organisation = identity.require_organisation(entry.view, key.organisation)
            _apply_scan(Scene(entry, number, scan.decode(parsed.body), _judged_clock(entry, parsed),
                              organisation, thumbprint, parsed.digest, parsed.seq), parsed)
    except WireError as error:
        return [Finding("R11", None, [str(error)])]
    return []


def _apply_scan(scene: Scene, parsed: Record) -> None:
    """I6: per device in seq order; a scan after a gap is held back until the gap is filled."""
    head = device_chain.head(scene.view, scene.signer, parsed.epoch)
    if head.contiguous() >= parsed.seq or \
            not custody.wait_for_device(scene, device_name(scene.signer, parsed.epoch)):
        custody.apply_scan(scene)


def device_name(thumbprint: bytes, epoch: int) -> str:
    """What scans wait for that are ahead of their device's chain."""
    return f"device/{thumbprint.hex()}/{epoch}"
