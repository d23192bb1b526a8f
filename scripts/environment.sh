#!/bin/sh
# Makes .venv from the pinned requirements; does nothing while it was made from the present ones.
set -eu
cd "$(dirname "$0")/.."

stamp=.venv/made-from
wanted=$(cat requirements.txt requirements-dev.txt | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

fail() {
    printf '\n%s\n' "$1" >&2
    exit 1
}

python=
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || fail "Python 3.11 or newer is needed and not on the PATH: install it (Debian, Ubuntu: apt-get install
python3; macOS: brew install python@3.12), or name one: make PYTHON=/path/to/python3 ..."
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "$python has no venv module: install it (Debian, Ubuntu: apt-get install python3-venv), then try again."

echo "Making .venv with $("$python" --version) (once; about a minute)"
if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    "$python" -m venv --clear .venv
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt ||
    fail "The packages of requirements-dev.txt could not be installed; pip says why above. Without network, point pip at a
mirror or a directory of wheels (PIP_INDEX_URL, PIP_FIND_LINKS), then try again."
printf '%s\n' "$wanted" >"$stamp"
