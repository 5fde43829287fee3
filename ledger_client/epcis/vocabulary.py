"""Names of the Core Business Vocabulary (CBV 2.0), in every spelling, as one.

A name is a bare word in JSON ("shipping"), a CURIE ("cbv:BizStep-shipping"), a URN of CBV 1.2
("urn:epcglobal:cbv:bizstep:shipping") or a web address ("https://ref.gs1.org/cbv/BizStep-...").
"""

CBV = "https://ref.gs1.org/cbv/"
GS1 = "https://gs1.org/voc/"
_URN = "urn:epcglobal:cbv:"
PREFIXES = {"cbv": CBV, "gs1": GS1, "epcis": "https://ref.gs1.org/epcis/"}
# Prefixes that GS1's own context defines beside those.
STANDARD = {**PREFIXES, "cbvmda": "urn:epcglobal:cbv:mda:",
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
            "owl": "http://www.w3.org/2002/07/owl#", "xsd": "http://www.w3.org/2001/XMLSchema#",
            "dcterms": "http://purl.org/dc/terms/"}
# Part of the URN -> part of the web address.
_CLASSES = {"bizstep": "BizStep", "disp": "Disp", "btt": "BTT", "sdt": "SDT", "er": "ER"}

# Field -> what stands before a bare word in it.
BARE = {
    "bizStep": CBV + "BizStep-", "disposition": CBV + "Disp-", "set": CBV + "Disp-",
    "unset": CBV + "Disp-", "reason": CBV + "ER-", "component": CBV + "Comp-",
    "exception": GS1,
}
BARE_TYPES = {
    "bizTransactionList": CBV + "BTT-", "sourceList": CBV + "SDT-", "destinationList": CBV + "SDT-",
    "sensorReport": GS1,
}


def expanded(text: str) -> str:
    """The web address of a CBV URN or of a CURIE of GS1's; anything else as it is."""
    if text.startswith(_URN):
        kind, colon, word = text[len(_URN):].partition(":")
        return f"{CBV}{_CLASSES[kind]}-{word}" if colon and kind in _CLASSES else text
    prefix, colon, word = text.partition(":")
    if colon and prefix in PREFIXES and not word.startswith("//"):
        return PREFIXES[prefix] + word
    return text


def web_address(text: str, before: str) -> str:
    """Like expanded; a bare word gets `before`."""
    return before + text if text and ":" not in text else expanded(text)


def word(text: str, field: str) -> str:
    """The bare word of a name in a field; a name that is not of GS1 as it is."""
    return web_address(text, BARE[field]).removeprefix(BARE[field])
