"""GS1 vectors replayed in the subset that both interpreters share.

`micropython tests/device/gs1_replay.py` checks the parser on the symbols below; with a folder of
vector files as argument it also replays those and prints "<file> <number of the case>" of every
miss.  test_gs1_vectors.py runs the same functions on CPython.
"""

import json
import sys

from ledger_client.wire import digital_link, gs1, gs1_elements, gs1_symbols, gs1_syntax
from ledger_client.wire.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ledger_client.wire.gs1_elements import Elements

    Case = dict[str, Any]

GS = "\x1d"

# (AIM identifier, data, printed form, identity, what a pack lacks), or the rule that it breaks.
SYMBOLS: "tuple[tuple[Any, ...], ...]" = (
    ("]d2", "010950600013435221A/B.C\"9%\x1d17281231" + "10B1-2_3",
     "(01)09506000134352(21)A/B.C\"9%(17)281231(10)B1-2_3",
     "https://id.gs1.org/01/09506000134352/21/A%2FB.C%229%25", []),
    ("]C1", "00106141411234567897", "(00)106141411234567897",
     "https://id.gs1.org/00/106141411234567897", ["GTIN", "serial", "lot", "expiry"]),
    ("]Q1", "https://example.com/01/09506000134352/21/7?17=281231",
     "(01)09506000134352(21)7(17)281231", "https://id.gs1.org/01/09506000134352/21/7", ["lot"]),
    ("]Q3", "80049506000134352LOG1", "(8004)9506000134352LOG1",
     "https://id.gs1.org/8004/9506000134352LOG1", ["GTIN", "serial", "lot", "expiry"]),
    ("]E0", "9506000134352", "(01)09506000134352", None, ["serial", "lot", "expiry"]),
    ("]d2", "0109506000134353", "gs1.csum"),
    ("]d2", "010950600013435217281131", "gs1.yymmd0"),
    ("]d2", "0109506000134352^", "gs1.unknown_ai"),
    ("]d2", "", "gs1.empty"),
    ("]d1", "0109506000134352", "gs1.plain"),
    ("]A0", "0109506000134352", "gs1.aim"),
    ("]d2", "10A", "gs1.required"),
)


def check_symbols() -> None:
    for symbol in SYMBOLS:
        aim, data = symbol[0], symbol[1].encode()
        try:
            elements = gs1.parse(aim, data)
            seen: "tuple[object, ...]" = (
                gs1_elements.to_brackets(elements), gs1.identity(elements),
                gs1.missing_for_pack(elements))
        except WireError as error:
            seen = (error.rule,)
        assert seen == symbol[2:], (symbol, seen)


def _outcome(call: "Callable[..., Any]", *arguments: object) -> "tuple[Any, str]":
    """(value, "") or (None, rule and detail of the refusal)."""
    try:
        return call(*arguments), ""
    except WireError as error:
        return None, error.rule + ": " + error.detail


def _same(seen: object, wanted: object) -> bool:
    return seen == wanted


def _caret(elements: "Elements") -> str:
    return "^" + gs1_elements.to_element_string(elements).decode().replace(GS, "^")


def element_string(case: "Case") -> bool:
    """Without FNC1 in front a message is that of a plain symbol."""
    text = case["element_string"]
    aim, data = ("]d2", text[1:]) if text[:1] == "^" else ("]d1", text)
    elements, _ = _outcome(gs1.read, aim, data.replace("^", GS).encode())
    return _same(elements is not None, case["valid"])


def bracketed(case: "Case") -> bool:
    elements, _ = _outcome(gs1_elements.from_brackets, case["bracketed"])
    return _same(None if elements is None else _caret(elements), case["element_string"])


def linter_by_ai(case: "Case") -> bool:
    _, refusal = _outcome(gs1_elements.from_brackets, case["bracketed"])
    return _same(_error_name(refusal.split(": ")[-1]), case["linter_error"].replace("OK", ""))


def linter(case: "Case") -> bool:
    fault = gs1_syntax.lint(case["linter"], case["data"])
    # upstream's name of this one error is misspelt
    wanted = case.get("error", "").replace("EXIPIRATION", "EXPIRATION")
    return _same(_error_name(fault), wanted)


def _error_name(fault: str) -> str:
    return fault.upper().replace(" ", "_")


_ASSOCIATION_RULES = {
    "validateAIrepeats": "gs1.repeated", "validateAImutex": "gs1.excluded",
    "validateAIrequisites": "gs1.required",
    "validateDigSigRequiresSerialisedKey": "gs1.signed_serial",
}


def _together(text: str) -> None:
    gs1_elements.check_together(gs1_elements.from_brackets(text))


def association(case: "Case") -> bool:
    _, refusal = _outcome(_together, case["bracketed"])
    if case["valid"]:
        return refusal == ""
    # the vectors let unknown identifiers pass; here no rule comes before that one
    unknown = any([ai in case["bracketed"] for ai in ("(89)", "(3338)")])
    return refusal.split(": ")[0] == (
        "gs1.unknown_ai" if unknown else _ASSOCIATION_RULES[case["rule"]])


def link_parse(case: "Case") -> bool:
    elements, _ = _outcome(digital_link.parse_digital_link, case["uri"])
    return _same(None if elements is None else _caret(elements), case["element_string"])


def link_path(case: "Case") -> bool:
    path = "example.com" + "".join(["/" + ai + "/1" for ai in case["path_ais"]])
    elements, _ = _outcome(digital_link.path_elements, path)
    return elements is not None and _same([ai for ai, _ in elements], case["path_ais"])


def link_generate(case: "Case") -> bool:
    elements, _ = _outcome(gs1_elements.from_brackets, case["bracketed"])
    if elements is None:
        return _same(case["valid"], False)
    stem = case["stem"] or digital_link.STEM
    return _same(_outcome(digital_link.digital_link, elements, stem)[0], case["uri"])


def scan_process(case: "Case") -> bool:
    """A readable symbol without GS1 data is told apart from a broken one by its rule."""
    raw = case["scan_data"]
    elements, refusal = _outcome(gs1.read, raw[:3], raw[3:].encode())
    if not case["valid"]:
        return elements is None and not refusal.startswith("gs1.plain")
    message = case["data_str"]
    if message.startswith("^"):
        return elements is not None and _same(_caret(elements), message)
    if case["symbology"] in ("EAN13", "EAN8"):
        linear, _, composite = message.partition("|")
        wanted = "^01" + "0" * (14 - len(linear)) + linear + composite[1:]
        return elements is not None and _same(_caret(elements), wanted)
    if digital_link.is_web_address(message):
        return _same(elements, digital_link.parse_digital_link(message))
    return _same(refusal[:9], "gs1.plain")


def scan_generate(case: "Case") -> bool:
    sent, _ = _outcome(gs1_symbols.transmission, case["symbology"], case["data_str"])
    return _same(sent, case["scan_data"])


def real_pack(case: "Case") -> bool:
    raw = case["raw"]
    aim, data = (raw[:3], raw[3:]) if raw[0] == "]" else ("]d2", raw)
    elements, _ = _outcome(gs1.parse, aim, data.encode())
    return _same(None if elements is None else gs1_elements.to_brackets(elements),
                 case.get("bracketed"))


REPLAYS: "dict[str, Callable[[Case], bool]]" = {
    "ai_associations": association, "bracketed_ai_parse": bracketed,
    "digital_link_generate": link_generate, "digital_link_parse": link_parse,
    "digital_link_path_sequences": link_path, "element_string_valid_invalid": element_string,
    "linter_errors_by_ai": linter_by_ai, "linters": linter, "scan_data_generate": scan_generate,
    "scan_data_process": scan_process,
}


def misses(name: str, cases: "list[Case]") -> "list[int]":
    """Numbers of the cases of that file whose outcome is not the one expected."""
    return [number for number, case in enumerate(cases) if not REPLAYS[name](case)]


def _replay_folder(folder: str) -> None:
    for name in sorted(REPLAYS):
        with open(folder + "/" + name + ".json") as file:
            cases = json.load(file)["cases"]
        print("cases", name, len(cases))
        for number in misses(name, cases):
            print("miss", name, number)


if __name__ == "__main__":
    check_symbols()
    if len(sys.argv) > 1:
        _replay_folder(sys.argv[1])
