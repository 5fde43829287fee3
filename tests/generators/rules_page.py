"""docs/rules.md: every rule that a person may be shown, from the rule book itself."""

from pathlib import Path

from ledger_client.core.rule_book import RULES

OUTPUT = Path("docs") / "rules.md"
_HEAD = """# Rules

Written by `make vectors` from `ledger_client/core/rule_book.py`. A refusal (S, K, J, B, E1 to E4)
means that nothing was registered. A finding (R, C, E5) means that the record stands, in most cases
without the effect it asked for, and that somebody should look. Numbers after C are rows of the
custody state machine; *it*, *that* and *this* stand for what the finding names.

"""
_GROUPS = {"S": "Statements", "K": "Keys and organisations", "J": "Judgements", "B": "Blocks",
           "E": "Captures", "R": "Records of a device",
           "C": "Custody"}


def main() -> None:
    """Write the page."""
    lines = [_HEAD]
    for letter, title in _GROUPS.items():
        lines.append(f"## {title}\n\n| rule | what it says | what to do now |\n|---|---|---|\n")
        lines += [f"| {name} | {_cell(rule.says)} | {_cell(rule.remedy)} |\n"
                  for name, rule in RULES.items() if name.startswith(letter)]
        lines.append("\n")
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text("".join(lines).rstrip() + "\n", encoding="utf-8")


def _cell(text: str) -> str:
    for number, word in enumerate(("it", "that", "this", "the other")):
        text = text.replace(f"{{{number}}}", f"*{word}*")
    return text.replace("|", "/")
