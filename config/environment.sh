# Sourced by ./run and ./test: makes .venv from the hash-locked files given to
# prepare_environment, once per state of those files, and heals after an interruption.

say() { printf '%s\n' "$*"; }

stop() {
    printf '%s\n' "$*" >&2
    exit 1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || return 1
        command -v "$PYTHON"
        return 0
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

# Debian's python3 lacks ensurepip, and `python3 -m venv` then leaves a broken folder behind.
ensure_venv_module() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return 0
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing the system package python$version-venv, which this Python lacks ..."
        { apt-get update -q && apt-get install -y -q "python$version-venv"; } >/dev/null 2>&1 \
            || stop "That failed. Please type: apt-get update && apt-get install python$version-venv"
        "$1" -c 'import ensurepip, venv' 2>/dev/null && return 0
    fi
    stop "This Python cannot make virtual environments. On Debian or Ubuntu type:
    sudo apt-get install python$version-venv
and start this command again."
}

# usage: prepare_environment LOCK... ; leaves $python set to the environment's interpreter.
prepare_environment() {
    python=.venv/bin/python
    install_locked "$@"
    [ "${WITH_CX_ORACLE:-}" != 1 ] || install_cx_oracle
}

# cx_Oracle has no wheel: it is built here, with tools that have a lock of their own.
install_cx_oracle() {
    ! "$python" -c 'import cx_Oracle' 2>/dev/null || return 0
    say "Building cx_Oracle, as WITH_CX_ORACLE=1 says ..."
    pip_install="$python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes"
    { $pip_install --only-binary :all: -r requirements-cx_oracle-build.txt \
        && $pip_install --no-cache-dir --no-build-isolation --no-binary cx-oracle -r requirements-cx_oracle.txt; } \
        || stop "cx_Oracle could not be built. It needs gcc and Python's headers: apt-get install gcc python3-dev"
}

install_locked() {
    missing=
    for lock in "$@"; do
        [ "$(cat ".venv/installed-$lock" 2>/dev/null)" = "$(cksum < "$lock")" ] || missing="$missing $lock"
    done
    if [ -z "$missing" ] && "$python" -c '' 2>/dev/null; then
        return 0
    fi
    system_python=$(find_python) || stop "Python 3.11 or newer is needed, as python3 (or name it: PYTHON=/path/to/python3)."
    if ! "$python" -m pip --version >/dev/null 2>&1; then
        ensure_venv_module "$system_python"
        say "Making the Python environment in .venv ..."
        rm -rf .venv
        "$system_python" -m venv .venv || stop "The Python environment could not be made in $(pwd)/.venv."
        missing=$*
    fi
    for lock in $missing; do
        say "Installing the locked packages of $lock; this happens once and takes a little while ..."
        rm -f ".venv/installed-$lock"
        "$python" -m pip install --quiet --disable-pip-version-check --no-input \
            --require-hashes --only-binary :all: -r "$lock" \
            || stop "The packages could not be installed. Is the package index reachable? Start this command again to go on."
        cksum < "$lock" > ".venv/installed-$lock"
    done
}
