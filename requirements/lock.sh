#!/bin/sh
# Write requirements/demo.txt and dev.txt: every package of pyproject.toml with its hashes, for all
# platforms.  What is pinned stays pinned; `make lock UPGRADE=1` takes the newest of everything.
# interop.txt and fuzz.txt, from their .in files, are folders of their own beside .venv.
set -eu
cd "$(dirname "$0")/.."

UV='uv==0.13.9' # the two locks are its output format
PYTHON_MIN=3.11 # requires-python of pyproject.toml

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
echo "lock: installing $UV into a temporary environment"
"${PYTHON:-python3}" -m venv "$tools/venv"
"$tools/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$UV"

# Without build isolation the build backend is an ordinary package: it is locked like the others.
"$tools/venv/bin/python" -c 'import tomllib
print("\n".join(tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"]))' \
    >"$tools/build.txt"

compile() { # <lock> <uv options...>
    lock=$1
    shift
    echo "lock: resolving requirements/$lock"
    "$tools/venv/bin/uv" pip compile --quiet --universal --generate-hashes \
        --python-version "$PYTHON_MIN" --custom-compile-command 'make lock' \
        ${UPGRADE:+--upgrade} "$@" --output-file "requirements/$lock" pyproject.toml - \
        <"$tools/build.txt"
}

compile demo.txt --extra verify --extra service --extra labels --extra demo
# The constraint makes dev.txt a superset: `make test` adds to the environment of `make demo`.
compile dev.txt --extra verify --extra service --extra labels --extra demo --extra test \
    --constraint requirements/demo.txt

beside() { # <name>
    echo "lock: resolving requirements/$1.txt"
    "$tools/venv/bin/uv" pip compile --quiet --universal --generate-hashes \
        --python-version "$PYTHON_MIN" --custom-compile-command 'make lock' \
        ${UPGRADE:+--upgrade} --constraint requirements/demo.txt \
        --output-file "requirements/$1.txt" "requirements/$1.in"
}

beside interop
beside fuzz
