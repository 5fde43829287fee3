#!/bin/sh
# Make .venv hold what a lock names, the project itself, and on Debian what no wheel brings.
# usage: requirements/setup.sh demo | dev
#
# A stamp, written last, says that .venv is whole; it is bound to the locks, to pyproject.toml, to
# the interpreter and to this folder, because an environment cannot be moved.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin # where Debian puts daemons; an ordinary user's PATH leaves it out

PYTHON_MIN='3, 11'
# Debian's packages that no lock can hold: package, command, what is skipped without it.
DEBIAN_DEV='mosquitto mosquitto the tests against a real mosquitto broker
chromium chromium the tests of the verifier page in a browser'
MICROPYTHON_PACKAGE='micropython micropython whatever runs the firmware (1.25 or later: Debian 13, or $MICROPYTHON)'

level=${1:-}
case $level in
demo) locks='requirements/demo.txt' ;;
dev) locks='requirements/demo.txt requirements/dev.txt' ;;
*)
    echo "usage: requirements/setup.sh demo | dev" >&2
    exit 2
    ;;
esac

say() { echo "setup: $*"; }
fail() {
    echo "setup: $*" >&2
    exit 1
}

# -- the interpreter ---------------------------------------------------------------------------

new_enough() { "$1" -c "import sys; sys.exit(sys.version_info < ($PYTHON_MIN))" 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if new_enough "$candidate"; then
            # Not the one inside .venv, should a person have activated it: .venv may be remade.
            "$candidate" -c 'import sys; print(sys._base_executable)'
            return
        fi
        if [ "$candidate" = "${PYTHON:-}" ]; then break; fi
    done
    found=$("${PYTHON:-python3}" --version 2>&1) || found="no ${PYTHON:-python3}"
    fail "Python 3.11 or later is needed, here is: $found." \
        "Install one (Debian 12 and later: apt-get install python3)" \
        "or name one: make demo PYTHON=/path/to/python3.11"
}

# -- Debian ------------------------------------------------------------------------------------

install_package() { # <package> <command that becomes root, or nothing>
    say "apt-get install $1"
    $2 env DEBIAN_FRONTEND=noninteractive sh -c '
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends "$1"' install "$1" >/dev/null </dev/null
}

need_ensurepip() {
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then return; fi
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if command -v apt-get >/dev/null; then
        if [ "$(id -u)" -eq 0 ]; then
            if install_package "$package" ''; then return; fi
        elif sudo -n true 2>/dev/null; then
            if install_package "$package" 'sudo -n'; then return; fi
        fi
    fi
    fail "this Python cannot make environments; do this once as root: apt-get install $package"
}

want_packages() { # lines of: package command reason; as root install them, else say what is skipped
    while read -r package command reason; do
        if command -v "$command" >/dev/null; then continue; fi
        if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
            if install_package "$package" ''; then continue; fi
        fi
        say "no $command: skipping $reason; to have it, as root: apt-get install $package"
    done
}

# -- the environment ---------------------------------------------------------------------------

key() { # <lock...>: what the environment depends on
    "$python" -c '
import hashlib, os, sys
key = hashlib.sha256()
for part in (os.getcwd(), sys.executable, sys.version):
    key.update(part.encode() + b"\0")
for path in sys.argv[1:]:
    key.update(hashlib.sha256(open(path, "rb").read()).digest())
print(key.hexdigest())' pyproject.toml requirements/setup.sh "$@"
}

stamped() { # <level> <lock...>
    stamp=.venv/coldseal-$1.stamp
    shift
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(key "$@")" ]
}

ready() {
    stamped "$level" $locks ||
        { [ "$level" = demo ] && stamped dev requirements/demo.txt requirements/dev.txt; }
}

lock=requirements/$level.txt

with_uv() {
    command -v uv >/dev/null || return 1
    say "installing $lock with uv"
    { [ -d .venv ] || uv venv --quiet --python "$python" .venv; } &&
        uv pip install --quiet --python .venv/bin/python --require-hashes --only-binary :all: \
            --requirement "$lock" &&
        uv pip install --quiet --python .venv/bin/python --offline --no-deps --no-build-isolation \
            --editable . && return
    say "uv failed (its message is above), going on with pip"
    rm -rf .venv
    return 1
}

pip_install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }

with_pip() {
    if [ ! -x .venv/bin/pip ]; then
        need_ensurepip
        say "making .venv with $("$python" --version)"
        rm -rf .venv
        "$python" -m venv .venv
    fi
    say "fetching what $lock names (about 30 MB, up to a minute)"
    pip_install --require-hashes --only-binary=:all: --requirement "$lock" ||
        fail "pip could not install $lock (its message is above); it needs PyPI or" \
            "a mirror named in PIP_INDEX_URL, and a Python for which the wheels are made"
    say "installing the project itself"
    pip_install --no-index --no-deps --no-build-isolation --editable .
}

install() {
    # Remade from nothing, except that what `make demo` may be running on is only added to.
    if [ "$level" = demo ] || ! stamped demo requirements/demo.txt; then rm -rf .venv; fi
    rm -f .venv/coldseal-*.stamp
    with_uv || with_pip
}

packages() { # what this level wants of Debian
    if [ "$level" = dev ]; then echo "$DEBIAN_DEV"; fi
    if [ ! -x .venv/bin/micropython ] && [ -z "${MICROPYTHON:-}" ]; then
        echo "$MICROPYTHON_PACKAGE"
    fi
}

python=$(find_python)
if ! ready; then
    install
    key $locks >".venv/coldseal-$level.stamp"
    say "done"
fi
packages | want_packages
