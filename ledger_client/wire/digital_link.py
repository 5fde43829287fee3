"""GS1 Digital Link URIs: elements as a web address, and back.

Uncompressed form only.  Sources: GS1 Digital Link Standard: URI Syntax; RFC 3986.
"""

from ledger_client.wire import gs1_elements, gs1_linters, gs1_syntax
from ledger_client.wire.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ledger_client.wire.gs1_elements import Elements

STEM = "https://id.gs1.org"  # of the canonical form
_SCHEMES = ("https://", "http://", "HTTPS://", "HTTP://")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_UNRESERVED = _LETTERS + "-._~"
_URI_LETTERS = _UNRESERVED + ":/?#[]@!$&'()*+,;=%"
_HOST_LETTERS = _LETTERS + "-.:[]"  # with a port and with an IPv6 address
_HEXADECIMAL = "0123456789abcdef"


def parse_digital_link(uri: str) -> "Elements":
    """The elements of a Digital Link URI in the order they stand in it: path, then query.

    Raises WireError: no such URI, or an element that from_element_string would refuse.  Whether
    the elements may stand together is gs1_elements.check_together's to say.
    """
    path, query = split_link(uri)
    elements = path_elements(path)
    _add_attributes(elements, query)
    for ai, value in elements:
        gs1_syntax.check_value(ai, value)
    return elements


def is_web_address(text: str) -> bool:
    """Is it on http or https?  In mixed case it is not, by the standard."""
    return any([text.startswith(scheme) for scheme in _SCHEMES])


def split_link(uri: str) -> "tuple[str, str]":
    """(host and path, query); scheme and fragment are dropped."""
    if not is_web_address(uri):
        raise WireError("gs1.link_scheme", "no Digital Link: %r is not on http or https" % uri)
    if any([letter not in _URI_LETTERS for letter in uri]):
        raise WireError("gs1.link_character", "%r has a character that no URI has" % uri)
    path, _, query = uri[uri.find("//") + 2:].split("#")[0].partition("?")
    host = path.split("/")[0]
    if not host or any([letter not in _HOST_LETTERS for letter in host]):
        raise WireError("gs1.link_host", "%r names no host" % uri)
    return path, query


def path_elements(path: str) -> "Elements":
    """Primary key and key qualifiers of "host/stem/01/..."; the values are not judged."""
    segments = path.split("/")
    elements: "Elements" = []
    for place in range(len(segments) - 2, 0, -2):
        ai = segments[place]
        found = gs1_syntax.entry(ai)
        if found is None:
            break
        elements.insert(0, (ai, decoded(segments[place + 1])))
        if found.is_key():
            if not any([_in_order(elements[1:], names) for names in found.qualifiers()]):
                break
            return elements
    raise WireError("gs1.link_path", "%r ends in no primary key and its qualifiers" % path)


def _in_order(qualifiers: "Elements", names: "list[str]") -> bool:
    """Are these qualifiers some of the names, in their order?"""
    present = [ai for ai, _ in qualifiers]
    return [name for name in names if name in present] == present


def _add_attributes(elements: "Elements", query: str) -> None:
    """Append the data attributes of the query; parameters without a number are others' own."""
    key = gs1_syntax.assigned(elements[0][0])
    in_path = [ai for ai, _ in elements[1:]]
    for parameter in query.split("&"):
        ai, equals, value = parameter.partition("=")
        if not equals or not ai or not gs1_linters.is_digits(ai):
            continue
        if not gs1_syntax.assigned(ai).attribute:
            raise WireError("gs1.link_attribute", "AI (%s) does not stand in a query" % ai)
        if any([ai == other for other, _ in elements]):
            raise WireError("gs1.repeated", "AI (%s) stands twice" % ai)
        if any([_has_all(names, in_path + [ai]) for names in key.qualifiers()]):
            raise WireError("gs1.link_attribute", "AI (%s) belongs into the path" % ai)
        elements.append((ai, decoded(value.replace("+", " "))))


def _has_all(names: "list[str]", wanted: "list[str]") -> bool:
    return all([name in names for name in wanted])


def decoded(text: str) -> str:
    """Percent-decoding (RFC 3986, 2.1), a byte a character: no GS1 alphabet goes beyond ASCII."""
    first, *parts = text.split("%")
    for part in parts:
        code = [_HEXADECIMAL.find(digit) for digit in part[:2].lower()]
        if len(code) < 2 or min(code) < 0:
            raise WireError("gs1.link_percent", "%r: no character after a percent sign" % text)
        first += chr(16 * code[0] + code[1]) + part[2:]
    return first


def encoded(value: str) -> str:
    """Unreserved characters stand for themselves, all others as %XX in upper case."""
    return "".join([letter if letter in _UNRESERVED else "%%%02X" % ord(letter)
                    for letter in value])


def digital_link(elements: "Elements", stem: str = STEM) -> str:
    """The Digital Link URI whose primary key is the first element that can be one.

    Qualifiers of that key go into the path, the rest into the query in the order given, those of
    predefined length first as the GS1 tools do; an element said twice is written once.  Raises
    WireError: no primary key, or an element that has no place in such a URI.
    """
    rest = gs1_elements.once(elements)
    for ai, value in rest:
        gs1_syntax.check_value(ai, value)
    keys = [element for element in rest if gs1_syntax.assigned(element[0]).is_key()]
    if not keys:
        raise WireError("gs1.link_key", "no element is a primary key")
    rest.remove(keys[0])
    path, query = _placed(keys[0], rest)
    if stem.endswith("/"):
        stem = stem[:-1]
    link = stem + "".join(["/%s/%s" % (ai, encoded(value)) for ai, value in path])
    return link + ("?" if query else "") + "&".join(
        ["%s=%s" % (ai, encoded(value)) for ai, value in query])


def _placed(key: "tuple[str, str]", others: "Elements") -> "tuple[Elements, Elements]":
    """(path, query) by the first sequence of qualifiers that leaves only data attributes over."""
    misplaced = ""
    for names in gs1_syntax.assigned(key[0]).qualifiers():
        path = [key] + [element for name in names for element in others if element[0] == name]
        query = [element for element in others if element[0] not in names]
        strangers = [ai for ai, _ in query if not gs1_syntax.assigned(ai).attribute]
        if not strangers:
            return path, _predefined_first(query)
        misplaced = misplaced or strangers[0]
    raise WireError("gs1.link_attribute", "AI (%s) has no place in a Digital Link of AI (%s)"
                    % (misplaced, key[0]))


def _predefined_first(query: "Elements") -> "Elements":
    predefined = [element for element in query if gs1_syntax.assigned(element[0]).predefined]
    return predefined + [element for element in query if element not in predefined]
