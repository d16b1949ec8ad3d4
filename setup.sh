#!/usr/bin/env bash
# Install what is missing and do one thing:
#   bash setup.sh run [ARGUMENTS...]   open the window (on the demo project), or run a command
#   bash setup.sh test                 check everything: format, lint, types, tests
# Python packages go to a virtual environment in .venv (or WORKBENCH_VENV); Qt's system libraries come from
# apt-get where there is one that may be used.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")"
root=$PWD

venv=${WORKBENCH_VENV:-$root/.venv}
python=${PYTHON:-python3}

say() { echo "setup: $*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo "$@"; else return 1; fi
}

# A library file that stands for each Debian package Qt loads at start; no file, no window.
missing_packages() {
    local libraries
    libraries=$( (ldconfig -p 2>/dev/null || /sbin/ldconfig -p) || true)
    while read -r library package; do
        grep -q "$library" <<<"$libraries" || echo "$package"
    done <<'LIST'
libglib-2.0.so.0 libglib2.0-0
libGL.so.1 libgl1
libEGL.so.1 libegl1
libxkbcommon.so.0 libxkbcommon0
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libX11.so.6 libx11-6
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-shape.so.0 libxcb-shape0
libxcb-xkb.so.1 libxcb-xkb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libX11-xcb.so.1 libx11-xcb1
libxcb-image.so.0 libxcb-image0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-randr.so.0 libxcb-randr0
libxcb-sync.so.1 libxcb-sync1
libxcb-xfixes.so.0 libxcb-xfixes0
LIST
    [ -n "$(fc-list 2>/dev/null || true)" ] || echo fonts-dejavu-core
}

system_libraries() {
    [ "$(uname -s)" = Linux ] || return 0
    local missing
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    if command -v apt-get >/dev/null; then
        say "installing Qt's system libraries"
        # shellcheck disable=SC2086
        if as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null; then
            return 0
        fi
    fi
    say "these system libraries are missing; if the window does not open, install them: $(echo "$missing" | tr "\n" " ")"
}

environment() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        say "Python 3.11 or newer is needed; name one like this: PYTHON=/path/to/python3 bash setup.sh $1"
        exit 1
    }
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 && return 0
    say "making the virtual environment $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv" >/dev/null 2>&1 && return 0
    rm -rf "$venv"
    if command -v apt-get >/dev/null && as_root apt-get update -qq && as_root apt-get install -y -qq python3-venv >/dev/null; then
        "$python" -m venv "$venv" && return 0
        rm -rf "$venv"
    fi
    say "$python cannot make virtual environments; install its venv module (Debian: apt-get install python3-venv)"
    exit 1
}

# $1: "" or "[dev]". Installed again only when what is asked for has changed.
packages() {
    local wanted stamp
    local extras
    for extras in "$1" "[dev]"; do  # what the tests need holds what the program needs
        stamp="$venv/.installed$extras"
        wanted=$(cat pyproject.toml constraints.txt; echo "$extras")
        [ -f "$stamp" ] && [ "$wanted" = "$(cat "$stamp")" ] && return 0
    done
    stamp="$venv/.installed$1"
    wanted=$(cat pyproject.toml constraints.txt; echo "$1")
    say "installing Python packages (some minutes at the first time)"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".$1"
    printf '%s\n' "$wanted" >"$stamp"
}

command=${1:-run}
[ $# -gt 0 ] && shift
case "$command" in
run)
    system_libraries
    environment "$command"
    packages ""
    cd "$here"
    exec "$venv/bin/python" "$root/main.py" "$@"
    ;;
test)
    system_libraries
    environment "$command"
    packages "[dev]"
    export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}
    "$venv/bin/ruff" format --check .
    "$venv/bin/ruff" check .
    "$venv/bin/mypy"
    exec "$venv/bin/python" -m pytest -n "${WORKBENCH_TEST_PROCESSES:-2}" "$@"
    ;;
*)
    say "run or test? Not: $command"
    exit 2
    ;;
esac
