#!/usr/bin/env bash
# Makes .venv and installs what a command needs: tools/setup.sh run|test
# Where something must be installed on the machine and this account may not, says what to type, and stops.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly purpose="${1:?run or test}"
readonly stamp=".venv/.ready-for-$purpose"
case "$purpose" in
  run) readonly requirements=requirements.txt ;;
  test) readonly requirements=requirements-dev.txt ;;
  *) echo "usage: tools/setup.sh run|test" >&2; exit 2 ;;
esac

# Two commands started together take turns. The lock is not handed down to what gets started, so that a service
# that apt starts cannot keep it.
if [ "${2:-}" != alone ]; then
  exec flock --close pyproject.toml bash tools/setup.sh "$purpose" alone
fi

stop() {
  printf '%s\n' "$@" >&2
  exit 1
}

install_packages() {
  local install=(apt-get install --yes --no-install-recommends "$@") as=()
  if [ "$(id -u)" != 0 ]; then as=(sudo -n); fi
  if ! command -v apt-get >/dev/null; then
    stop "Il manque sur cette machine (noms des paquets Debian) : $*." "Installez-les, puis recommencez."
  fi
  if ! "${as[@]}" true 2>/dev/null; then
    stop "Il manque des paquets sur cette machine. Tapez, puis recommencez :" "  sudo apt-get update && sudo ${install[*]}"
  fi
  echo "Installation de : $*" >&2
  "${as[@]}" apt-get update -qq >&2
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" -qq -o DPkg::Lock::Timeout=300 >&2
}

# The first Python that is recent enough; PYTHON=... chooses another.
find_python() {
  local name
  for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  stop "Il faut Python 3.11 ou plus récent (python3 est absent ou trop ancien)."
}

# What the environment depends on; it cannot be moved, so its place counts.
fingerprint() {
  { pwd -P; cat requirements.txt "$requirements" pyproject.toml tools/setup.sh; } | sha256sum
}

venv_works() {
  # The scripts know where they were installed: a copied or half-made environment betrays itself.
  .venv/bin/pip --version 2>/dev/null | grep -qF "$(pwd -P)/.venv/"
}

make_venv() {
  local python
  python="$(find_python)"
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then install_packages python3-venv; fi
  rm -rf .venv
  "$python" -m venv .venv
}

install_python_packages() {
  echo "Installation des bibliothèques Python ($requirements)…" >&2
  local pip=(.venv/bin/python -m pip --disable-pip-version-check --no-input install -qq --no-compile)
  "${pip[@]}" --require-hashes --only-binary :all: -r "$requirements"
  "${pip[@]}" --no-deps --no-build-isolation -e .
}

if [ "$(cat "$stamp" 2>/dev/null)" != "$(fingerprint)" ] || ! .venv/bin/python -c '' 2>/dev/null; then
  if ! venv_works; then make_venv; fi
  install_python_packages
  fingerprint >"$stamp"
fi

# The server sends the .gz beside a static file to browsers that accept it.
.venv/bin/python -m whitenoise.compress --quiet --no-brotli static

# PDF documents are laid out by Pango. Without it everything else works, so it is installed where that asks nothing.
has_pango() {
  .venv/bin/python -c 'import ctypes, sys; [ctypes.CDLL(name) for name in sys.argv[1:]]' \
    libpango-1.0.so.0 libpangoft2-1.0.so.0 libharfbuzz-subset.so.0 2>/dev/null
}

if [ "$purpose" = run ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! has_pango; then
  (install_packages libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0) ||
    echo "Sans Pango, les fiches s’exportent en ODT mais pas en PDF." >&2
fi

if [ "$purpose" = test ]; then
  missing="$(.venv/bin/python -m tests.support.programs)"
  if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 # one word per package
    install_packages $missing
    missing="$(.venv/bin/python -m tests.support.programs)"
    if [ -n "$missing" ]; then stop "Toujours introuvable après installation : $missing"; fi
  fi
fi
