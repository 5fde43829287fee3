"""What the GS1 syntax dictionary says of an application identifier; whether a value obeys it."""

from ledger_client.wire import gs1_linters
from ledger_client.wire.errors import WireError
from ledger_client.wire.gs1_table import TABLE

ENTRIES_KEPT = 16  # what a pack, a crate and an asset name; bounds the memory of a device
_ALPHABETS = {"N": "csetnumeric", "X": "cset82", "Y": "cset39", "Z": "cset64"}


class Entry:
    """`components` and `attributes` are in the words of the dictionary: "N14,csum", "req=01,02"."""

    def __init__(self, words: "list[str]") -> None:
        self.predefined = "*" in words[0]  # its length is known: no FNC1 ends it
        self.attribute = "?" in words[0]  # may stand in the query of a Digital Link
        self.components = [word for word in words[1:] if word[0] in "NXYZ["]
        self.attributes = [word for word in words[1:] if word[0] not in "NXYZ["]

    def lists(self, name: str) -> "list[list[str]]":
        """The alternatives of each attribute of that name: req=01+21,02 is ["01+21", "02"]."""
        return [word[len(name) + 1:].split(",") for word in self.attributes
                if word.startswith(name + "=")]

    def is_key(self) -> bool:
        """May it be the primary key of a Digital Link?"""
        return any(word.startswith("dlpkey") for word in self.attributes)

    def qualifiers(self) -> "list[list[str]]":
        """The sequences of key qualifiers that may follow this primary key, each optional."""
        for word in self.attributes:
            if word.startswith("dlpkey="):
                return [sequence.split(",") for sequence in word[len("dlpkey="):].split("|")]
        return [[]]


_entries: "dict[str, Entry]" = {}  # looked up last: a scan asks for the same few each time


def entry(ai: str) -> "Entry | None":
    """What the dictionary says of this identifier; None: it is not assigned."""
    found = _entries.get(ai)
    if found is None:
        found = _look_up(ai)
        if found is not None:
            if len(_entries) == ENTRIES_KEPT:
                _entries.clear()
            _entries[ai] = found
    return found


def _look_up(ai: str) -> "Entry | None":
    if not gs1_linters.is_digits(ai):
        return None
    start = TABLE.find("\n" + ai + " ")
    if start < 0:
        start = TABLE.find("\n" + ai[:-1] + "-")  # "310-5" stands for 3100 to 3105
        if start < 0 or len(ai) < 2 or ai[-1] > TABLE[start + len(ai) + 1]:
            return None
    return Entry(TABLE[start + 1:TABLE.find("\n", start + 1)].split(" ")[1:])


def assigned(ai: str) -> Entry:
    """Like entry; raises WireError for an identifier that is not assigned."""
    found = entry(ai)
    if found is None:
        raise WireError("gs1.unknown_ai", "no application identifier is %r" % ai)
    return found


def identifier(text: str) -> str:
    """The identifier that an element string starts with: two digits tell how many it has."""
    start = TABLE.find("\n" + text[:2])
    if start < 0 or not gs1_linters.is_digits(text[:2]) or len(text) < 2:
        raise WireError("gs1.unknown_ai", "no application identifier starts with %r" % text[:2])
    name = TABLE[start + 1:TABLE.find(" ", start)]
    return text[:len(name) - name.count("-")]


def predefined_length(found: Entry) -> int:
    """Characters of a value whose length is predefined."""
    return sum([_form(component)[1] for component in found.components])


def check_value(ai: str, value: str, linted: bool = True) -> None:
    """Raise WireError unless the value has the lengths and alphabets of its identifier.

    With `linted`, also unless every linter of the dictionary accepts it: check digits, dates...
    """
    rest = value
    for component in assigned(ai).components:
        rest = _check_component(ai, component, rest, linted)
    if rest:
        raise WireError("gs1.length", "AI (%s): %r is %d characters too long"
                        % (ai, value, len(rest)))


def _check_component(ai: str, component: str, text: str, linted: bool) -> str:
    """Check the part of the text that this component takes; return what it leaves."""
    kind, size, variable, optional = _form(component)
    if optional and not text:
        return ""
    part = text[:size]
    if not part or (len(part) < size and not variable):
        raise WireError("gs1.length", "AI (%s): %r is too short, a part has %s%d characters"
                        % (ai, part, "up to " if variable else "", size))
    linters = component.split(",")[1:] if linted else []
    for name in [_ALPHABETS[kind]] + linters:
        fault = lint(name, part)
        if fault:
            raise WireError("gs1." + name, "AI (%s): %r: %s" % (ai, part, fault))
    return text[size:]


def _form(component: str) -> "tuple[str, int, bool, bool]":
    """(type, characters, up to that many, may be absent) of "N14,csum", "X..20", "[N..12]"."""
    form = component.split(",")[0]
    optional = form[0] == "["
    if optional:
        form = form[1:-1]
    variable = form[1:3] == ".."
    return form[0], int(form[3:] if variable else form[1:]), variable, optional


def lint(name: str, data: str) -> str:
    """What the linter of the dictionary finds wrong with the data; "" is nothing.

    Code lists and coupons are imported when first needed: few packs name a currency.
    """
    linter = gs1_linters.LINTERS.get(name)
    if linter is None and name.startswith("coupon"):
        from ledger_client.wire import gs1_coupon
        linter = gs1_coupon.LINTERS[name]
    elif linter is None:
        from ledger_client.wire import gs1_codes
        linter = gs1_codes.LINTERS[name]
    return linter(data)


def gcp_place(ai: str) -> "int | None":
    """Where in a value of this identifier the GS1 company prefix starts; None: it holds none."""
    place = 0
    for component in assigned(ai).components:
        words = component.split(",")
        if "gcppos1" in words:
            return place
        if "gcppos2" in words:
            return place + 1
        place += _form(component)[1]
    return None
