"""The one error of the wire formats.

WireError (a ValueError)   the bytes break a rule of docs/coldseal.cddl; `rule` names it
"""


class WireError(ValueError):
    """Bytes or values that are not what the format says.

    `rule` is a stable dotted name ("cbor.shortest"), used by vectors, findings and documentation;
    `detail` is the sentence for a person.
    """

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(rule + ": " + detail)
        self.rule = rule
        self.detail = detail
