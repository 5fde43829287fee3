"""The set-up script, with a stand-in for the installer so that no registry is asked.

The stand-in is a `uv` that makes a real environment without packages; all else is the script.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

UV = f"""#!/bin/sh
echo "$*" >>"$UV_LOG"
case "$1" in
venv) "{sys.executable}" -m venv --without-pip .venv && touch .venv/bin/micropython &&
    chmod +x .venv/bin/micropython ;;
esac
"""


class Checkout:
    """A folder with what the script reads, and a PATH on which `uv` is the stand-in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a checkout"
        self.programs = folder / "programs"
        self.log = folder / "uv.log"
        shutil.copytree(ROOT / "requirements", self.folder / "requirements")
        shutil.copy(ROOT / "pyproject.toml", self.folder)
        self.programs.mkdir()
        self.program("uv", UV)
        # No package of Debian's is missing, so that root may run these tests.
        for name in ("mosquitto", "chromium"):
            self.program(name, "#!/bin/sh\n")

    def program(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, level: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """The script's result; the log then holds this run's calls of uv only."""
        self.log.write_text("")
        environment = os.environ | {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "UV_LOG": str(self.log),
            "PYTHON": sys.executable,
            **variables,
        }
        return subprocess.run(
            ["sh", "requirements/setup.sh", level],
            cwd=self.folder, env=environment, capture_output=True, text=True,
        )

    def installs(self, level: str, **variables: str) -> list[str]:
        """What the installer was asked, without the options."""
        done = self.run(level, **variables)
        assert done.returncode == 0, done.stderr
        calls = self.log.read_text().splitlines()
        wanted = ("venv", "requirements/demo.txt", "requirements/dev.txt", "--editable")
        return [word for call in calls for word in call.split() if word in wanted]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


ALL_OF_DEMO = ["venv", "requirements/demo.txt", "--editable"]
ALL_OF_DEV = ["venv", "requirements/dev.txt", "--editable"]


@pytest.mark.parametrize("level", ["demo", "dev"])
def test_the_second_time_nothing_is_done(checkout: Checkout, level: str) -> None:
    assert checkout.installs(level) == ["venv", f"requirements/{level}.txt", "--editable"]
    second = checkout.run(level)
    assert (second.returncode, second.stdout, checkout.log.read_text()) == (0, "", "")


def test_the_tests_add_to_what_the_demo_has(checkout: Checkout) -> None:
    checkout.installs("demo")
    assert checkout.installs("dev") == ["requirements/dev.txt", "--editable"]
    assert checkout.installs("demo") == []


@pytest.mark.parametrize(
    "path", ["requirements/demo.txt", "requirements/setup.sh", "pyproject.toml"]
)
def test_a_change_of_what_it_depends_on_makes_it_anew(checkout: Checkout, path: str) -> None:
    checkout.installs("demo")
    with (checkout.folder / path).open("a") as file:
        file.write("# changed\n")
    left = checkout.folder / ".venv" / "left-over"
    left.touch()
    assert checkout.installs("demo") == ALL_OF_DEMO
    assert not left.exists()


def test_a_half_made_environment_is_made_anew(checkout: Checkout) -> None:
    (checkout.folder / ".venv" / "bin").mkdir(parents=True)
    (checkout.folder / ".venv" / "bin" / "python").touch()
    assert checkout.installs("demo") == ALL_OF_DEMO


def test_a_moved_folder_is_made_anew(checkout: Checkout) -> None:
    checkout.installs("dev")
    checkout.folder = checkout.folder.rename(checkout.folder.with_name("elsewhere"))
    assert checkout.installs("dev") == ALL_OF_DEV


def test_it_does_not_build_on_the_environment_that_it_makes(checkout: Checkout) -> None:
    checkout.installs("demo")
    inside = checkout.folder / ".venv" / "bin"
    activated = f"{inside}:{checkout.programs}:{os.environ['PATH']}"
    with (checkout.folder / "requirements" / "demo.txt").open("a") as file:
        file.write("# changed\n")
    assert checkout.installs("demo", PYTHON="", PATH=activated) == ALL_OF_DEMO
    assert (inside / "python").resolve().exists()


def test_an_old_python_is_named_with_the_remedy(checkout: Checkout) -> None:
    checkout.program("old", '#!/bin/sh\ntest "$1" = --version && echo Python 3.9.2\n')
    done = checkout.run("demo", PYTHON="old")
    assert done.returncode == 1
    assert "Python 3.11 or later is needed, here is: Python 3.9.2." in done.stderr
    assert "PYTHON=/path/to/python3.11" in done.stderr
    assert not (checkout.folder / ".venv").exists()


def test_no_python_is_named_too(checkout: Checkout) -> None:
    done = checkout.run("demo", PYTHON="no-such-python")
    assert (done.returncode, "here is: no no-such-python." in done.stderr) == (1, True)


@pytest.mark.parametrize("level", ["", "tests"])
def test_another_level_shows_the_usage(checkout: Checkout, level: str) -> None:
    done = checkout.run(level)
    assert (done.returncode, done.stderr) == (2, "usage: requirements/setup.sh demo | dev\n")


def without_ensurepip(checkout: Checkout) -> dict[str, str]:
    """As Debian without python3-venv, for an ordinary user without sudo; uv fails."""
    checkout.program("uv", "#!/bin/sh\nexit 1\n")
    checkout.program("id", "#!/bin/sh\necho 1000\n")
    checkout.program("sudo", "#!/bin/sh\nexit 1\n")
    checkout.program("apt-get", '#!/bin/sh\necho "$@" >>"$UV_LOG"\nexit 1\n')
    (checkout.programs / "ensurepip.py").write_text("raise ModuleNotFoundError('ensurepip')\n")
    return {"PYTHONPATH": str(checkout.programs)}


def test_without_venv_and_rights_one_line_says_what_to_do(checkout: Checkout) -> None:
    done = checkout.run("demo", **without_ensurepip(checkout))
    package = f"python3.{sys.version_info.minor}-venv"
    assert done.returncode == 1
    assert done.stderr.endswith(f"do this once as root: apt-get install {package}\n")
    assert checkout.log.read_text() == ""
    assert not (checkout.folder / ".venv").exists()


@pytest.mark.parametrize("way", ["root", "sudo"])
def test_with_rights_the_package_is_installed(checkout: Checkout, way: str) -> None:
    variables = without_ensurepip(checkout)
    if way == "root":
        checkout.program("id", "#!/bin/sh\necho 0\n")
    else:
        checkout.program("sudo", '#!/bin/sh\nshift\n"$@"\n')
    done = checkout.run("demo", **variables)
    package = f"python3.{sys.version_info.minor}-venv"
    assert f"setup: apt-get install {package}\n" in done.stdout
    assert f"install -y -qq --no-install-recommends {package}\n" in checkout.log.read_text()
    assert done.returncode == 1  # this apt-get always fails: the person is told the same line
    assert package in done.stderr
