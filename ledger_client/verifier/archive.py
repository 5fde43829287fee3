"""The second opinion as one file that a bare Python runs: a zip file that begins with a `#!` line.

The same sources make the same bytes: no times, no compression (whose output differs from one zlib
to the next), names in order.
"""

import importlib.util
import io
import zipfile
from importlib import metadata
from modulefinder import ModuleFinder
from pathlib import Path

from ledger_client.errors import extra_missing

_START = b"#!/usr/bin/env python3\n"
_MAIN = "ledger_client.second_opinion.__main__"
_RUN = f"import sys\n\nfrom {_MAIN} import main\n\nsys.exit(main())\n"
_FOREIGN = ("ecdsa", "six")  # six: ecdsa's only dependency
_OWN = "ledger_client"
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # what a zip file can say
_READABLE = 0o644 << 16
_NOTICE = """Coldseal verifier: checks a pack passport. Licence: Apache-2.0.

    python3 coldseal-verifier.pyz PASSPORT --trust FILE

It is Coldseal's module ledger_client.second_opinion with what it needs, as it is in their releases;
their licences are in the folder licences/ of this zip file:
"""


def archive() -> bytes:
    """The file; UsageError when what it is made of is not installed."""
    missing = [name for name in _FOREIGN if importlib.util.find_spec(name) is None]
    if missing:
        raise extra_missing(f"the verifier is made of {', '.join(missing)}", "verify")
    files = {"__main__.py": _RUN.encode(), "NOTICE": _notice().encode(), **_modules(),
             **_licences()}
    out = io.BytesIO(_START)
    out.seek(0, io.SEEK_END)
    with zipfile.ZipFile(out, "a") as made:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.create_system, entry.external_attr = 3, _READABLE  # unix, wherever it is made
            made.writestr(entry, files[name])
    return out.getvalue()


def _modules() -> dict[str, bytes]:
    """Name in the archive -> source, of every module that running it can import."""
    spec = importlib.util.find_spec(_MAIN)
    assert spec is not None
    assert spec.origin is not None
    finder = ModuleFinder()
    finder.path = [*_roots()]
    finder.run_script(spec.origin)
    found = {}
    for name, module in finder.modules.items():
        if name.split(".")[0] in (_OWN, *_FOREIGN):
            path = Path(module.__file__)  # type: ignore[attr-defined]
            inside = name.replace(".", "/") + ("/__init__" if path.name == "__init__.py" else "")
            found[f"{inside}.py"] = path.read_bytes()
    main = _MAIN.replace(".", "/") + ".py"
    return {**found, main: Path(spec.origin).read_bytes()}


def _roots() -> list[str]:
    """Folders in which the modules are: no other is looked into."""
    roots = []
    for name in (_OWN, *_FOREIGN):
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        roots.append(str(folder.parent if spec.submodule_search_locations else folder))
    return roots


def _licences() -> dict[str, bytes]:
    found = {}
    for name in _FOREIGN:
        for file in metadata.files(name) or ():
            if file.name.startswith("LICENSE"):
                found[f"licences/{name}-{file.name}"] = file.locate().read_bytes()  # type: ignore[attr-defined]
    return found


def _notice() -> str:
    versions = [f"- {name} {metadata.version(name)}, MIT\n" for name in _FOREIGN]
    return _NOTICE + "".join(versions)
