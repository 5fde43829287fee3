"""Verifiers to hand out: one HTML page and one Python file, neither of which needs anything else.

The page is put together from the files beside this one.  Its Content-Security-Policy allows this
very script and style, by their hashes, and nothing else: no network, no eval, no other code.
"""

import base64
import hashlib
from importlib import resources

from ledger_client.verifier.archive import archive

__all__ = ["archive", "page"]

# Each uses what stands before it.
SCRIPTS = ("bytes", "sha256", "faults", "cbor", "trees", "signed", "form", "trust", "state",
           "chains", "records", "evidence", "travel", "walk", "telemetry", "against",
           "judge", "words", "page")


def page() -> str:
    """The verifier page."""
    style = _file("style.css")
    script = '"use strict";\n\n' + "\n".join(_file(f"{name}.js") for name in SCRIPTS)
    policy = (f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
              "base-uri 'none'; form-action 'none'")
    return (_file("page.html").replace("{{policy}}", policy).replace("{{style}}", style)
            .replace("{{script}}", script))


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As Content-Security-Policy names an inline script or style (CSP 3, section 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
