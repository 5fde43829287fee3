"""Every rule that a person may be shown: what it says and what to do now.

S  statements     K  keys and organisations     B  blocks      R  records of a device
C  custody (row of the state machine, number)   refusals name S, K, B; findings name B, R, C
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """`says` takes the facts of a finding by position."""

    says: str
    remedy: str


RULES: dict[str, Rule] = {
    "S1": Rule("the statement's form is not the format's", "make it with this version's client"),
    "S2": Rule("the statement is not signed by the key it names",
               "sign it with the key whose thumbprint stands in iss"),
    "S3": Rule("the statement is meant for another ledger",
               "look at the ledger id in the configuration"),
    "S4": Rule("this kind of statement is not accepted here and now",
               "before every founder has endorsed, only genesis and endorsements are"),
    "S5": Rule("the statement was registered before", "nothing: it stands in the log already"),
    "S6": Rule("the signer is not in standing", "ask the owner whether the key was revoked"),
    "S7": Rule("the signer's role may not make this statement", "use the key the table names"),
    "S8": Rule("the subject is not what the content is about", "make it with this client"),
    "S9": Rule("the statement replaces an entry that is not the current one",
               "read the current entry and decide again"),
    "S10": Rule("the content breaks its format", "see docs/coldseal.cddl"),
    "K1": Rule("the key id is in use, or was", "make a new key"),
    "K2": Rule("the new key did not prove its possession", "enrol again at the device's console"),
    "K3": Rule("the organisation is not the signer's own", "the owner enrols its own keys"),
    "K4": Rule("the asset label is another device's", "print a new label"),
    "K5": Rule("genesis is incomplete", "name at least one organisation, and the convenor's key"),
    "K6": Rule("the key is unknown on this ledger", "enrol it first"),
    "K7": Rule("the key was replaced or revoked before", "nothing"),
    "B1": Rule("the block's form or a limit is broken", "seal smaller blocks"),
    "B2": Rule("height or prev is not that of the gateway's next block",
               "ask the ledger for the gateway's last block and seal on it"),
    "B3": Rule("root or count are not those of the body", "seal again from the journal"),
    "B4": Rule("sealed_ms is before the previous block or beyond ledger time",
               "look at the gateway's clock"),
    "R1": Rule("the gateway sealed a record without a frame", "look at the gateway"),
    "R2": Rule("the gateway sealed a record of a key that is no device here",
               "look at the gateway, and for a device that was never enrolled"),
    "R3": Rule("the gateway sealed a record whose signature is bad", "look at the gateway"),
    "R4": Rule("the record's key was revoked before: tainted", "judge what the record says anew"),
    "R5": Rule("fork: another record with epoch {0}, seq {1} was registered before",
               "the key may be copied: take the device out of use and revoke it"),
    "R6": Rule("fork suspected: prev of epoch {0}, seq {1} is not the record held before it",
               "the key may be copied: take the device out of use and look at it"),
    "R7": Rule("clone suspected: epoch {0} after the newer epoch {1}",
               "an old copy of the device's flash may be in use: take it out of use"),
    "R8": Rule("the record's clock breaks its rules ({0}): its time is unknown",
               "set the device's clock"),
    "R9": Rule("the record's clock is {0} ms ahead of ledger time", "set the device's clock"),
    "R10": Rule("version {0}, kind {1} is not known to these rules: kept, without effect",
                "have the members agree on newer rules"),
    "R11": Rule("the body breaks its format ({0}): kept, without effect",
                "look at the device's firmware version"),
    "C1.1": Rule("{0} was commissioned before", "the label may be copied: quarantine the pack"),
    "C1.2": Rule("{0} belongs to another organisation's GS1 prefix",
                 "only the owner of the prefix commissions"),
    "C1.3": Rule("{0} has no {1}", "print a complete label: GTIN, serial, lot, expiry"),
    "C1.4": Rule("{0} expired before it was commissioned ({1})", "look at the expiry on the label"),
    "C0.1": Rule("the symbol cannot be read: {0}", "scan again, or look at the label"),
    "C0.2": Rule("{0} was never commissioned here", "quarantine it until its origin is known"),
    "C0.3": Rule("{0} is {1}: {2} is not possible", "look at the history of the pack"),
    "C0.4": Rule("{0} is in the custody of another organisation",
                 "receive it first, or ask its custodian"),
    "C0.5": Rule("already so: {0} was scanned again for {1}", "nothing"),
    "C0.6": Rule("{0} is inside {1}: only the outermost crate is moved", "unpack it first"),
    "C0.7": Rule("{0} expired on {1}", "take it out of stock"),
    "C0.8": Rule("late: the scan of {0} happened before what changed it since",
                 "look at both scans: nothing was undone"),
    "C0.9": Rule("{0} is on hold or recalled: {1} is not possible", "wait for its release"),
    "C0.10": Rule("action {0} is not known to these rules", "have the members agree on newer ones"),
    "C0.11": Rule("{0} is not what {1} is about", "scan the right label"),
    "C0.12": Rule("the handheld refused {0}: recorded, without effect", "nothing"),
    "C2.1": Rule("wrong crate: {0} is in {1}, scanned into {2}",
                 "open the crate and put the pack where it belongs"),
    "C2.2": Rule("{0} cannot be packed into itself or into what it holds", "scan the outer crate"),
    "C2.3": Rule("{0} and {1} are not in the same custody and place", "receive both first"),
    "C2.4": Rule("{0} is closed for packing: it is {1}", "unpack or receive it first"),
    "C3.1": Rule("{0} is not in {1}", "look into the crate: the ledger says {2}"),
    "C4.1": Rule("no receiving party was scanned for {0}", "scan the partner's party label"),
    "C4.2": Rule("the party {0} is no member of this ledger", "look at the party label"),
    "C6.1": Rule("{0} was sent to {1}, not to the organisation that received it",
                 "call the sender: custody did not move"),
    "C15.1": Rule("{0} was dispensed before", "stop: the pack in hand may be a copy"),
    "C23.1": Rule("logger {0} is attached to {1} already", "detach it there first"),
    "C23.2": Rule("{0} is the label of no logger in standing", "enrol the logger first"),
    "C24.1": Rule("logger {0} is not attached to {1}", "scan the carrier it travels with"),
}


def sentence(rule: str, facts: list[object]) -> str:
    """The rule's sentence with its facts in place."""
    return RULES[rule].says.format(*facts)
