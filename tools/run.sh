#!/usr/bin/env bash
# Starts the product on the demonstration: database the first time, then the server and the worker until Ctrl-C.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly port="${PORT:-8000}"
export COCON_DATA="${COCON_DATA:-var}"
readonly data="$COCON_DATA"
readonly address="http://127.0.0.1:$port"
export COCON_PUBLIC_URL="${COCON_PUBLIC_URL:-$address}"

listening() {
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

demand_port_number() {
  if ! [[ "$port" =~ ^[1-9][0-9]{0,4}$ ]] || ((port > 65535)); then
    echo "PORT est un nombre de 1 à 65535." >&2
    exit 2
  fi
}

demand_free_port() {
  if listening; then
    echo "Le port $port est déjà pris. Choisissez-en un autre : make run PORT=$((port + 1))" >&2
    exit 1
  fi
}

# The first database grows in a folder apart and moves in whole, the database last: interrupted, it is made again.
first_start() {
  local draft="$data/.premier-demarrage"
  rm -rf "$draft" "$data/cocon.db-wal" "$data/cocon.db-shm"
  mkdir -p "$draft"
  echo "Première mise en route : le contrat, puis sa démonstration (une minute environ)…"
  export COCON_TODAY=2014-01-06
  COCON_DATA="$draft" .venv/bin/cocon init
  COCON_DATA="$draft" .venv/bin/cocon demo
  if [ -d "$draft/files" ]; then
    mkdir -p "$data/files"
    find "$draft/files" -type f -exec mv --backup=numbered -t "$data/files" -- {} +
    rmdir "$draft/files"
  fi
  find "$draft" -mindepth 1 -maxdepth 1 ! -name cocon.db -exec mv --backup=numbered -t "$data" -- {} +
  mv -f "$draft/cocon.db" "$data/cocon.db"
  rmdir "$draft"
}

# On a database that is no file of the folder, a note in the folder says that it is complete.
first_start_elsewhere() {
  if [ -e "$data/.demonstration" ]; then
    update
    return
  fi
  COCON_TODAY=2014-01-06 .venv/bin/cocon init
  COCON_TODAY=2014-01-06 .venv/bin/cocon demo
  touch "$data/.demonstration"
}

# No file, or one without tables, as a command run before the first start leaves it, is no database. One that cannot be
# read may hold everything: the start ends there, and nothing is touched.
installed() {
  local tables
  [ -s "$data/cocon.db" ] || return 1
  if ! tables="$(.venv/bin/python tools/tables.py "$data/cocon.db")"; then
    echo "La base $data/cocon.db ne se lit pas ; elle est laissée telle quelle." >&2
    exit 1
  fi
  ((tables > 0))
}

# The database may come from an earlier version: its schema follows, its content stays.
update() {
  COCON_TODAY="${COCON_TODAY:-2015-06-30}" .venv/bin/cocon init >/dev/null
}

prepare() {
  if [ -n "${COCON_DATABASE_URL:-}" ]; then
    first_start_elsewhere
  elif ! installed; then
    (first_start)
  else
    update
  fi
}

in_french() {
  local months=(janvier février mars avril mai juin juillet août septembre octobre novembre décembre)
  local year="${1%%-*}" month="${1#*-}" day="${1##*-}"
  month="${months[10#${month%-*} - 1]}"
  day="$((10#$day))"
  if [ "$day" = 1 ]; then day=1er; fi
  echo "$day $month $year"
}

welcome() {
  cat <<END

  Cocon est prêt : $address
  Nous sommes le $(in_french "$COCON_TODAY") dans la démonstration ; personnes et montants y sont fictifs.

  Comptes (mot de passe : demonstration-2014)
    representant@region-rhone-alpes.example    représente la Région
    representant@cg-isere.example              représente un territoire
    contributeur@pays-voironnais.example       rédige pour un partenaire
    multi@demo.example                         porte deux mandats
    secretariat@region-rhone-alpes.example     tient le secrétariat
    animation@cress-rhone-alpes.example        anime
    auditeur@demo.example                      contrôle
    administration@demo.example                administre
  Chaque partenaire a de même « representant@… » et « contributeur@… ».

  Pour arrêter : Ctrl-C. Données : $data

END
}

children=()

stop_children() {
  trap '' INT TERM
  if [ ${#children[@]} -gt 0 ]; then
    kill -TERM "${children[@]}" 2>/dev/null || true
    for _ in {1..75}; do
      if ! kill -0 "${children[@]}" 2>/dev/null; then break; fi
      sleep 0.2
    done
    kill -KILL "${children[@]}" 2>/dev/null || true
    wait "${children[@]}" 2>/dev/null || true
  fi
}

interrupted() {
  stop_children
  echo "Cocon est arrêté."
  exit 0
}

wait_until_ready() {
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    if listening; then return 0; fi
    if ! kill -0 "${children[0]}" 2>/dev/null; then return 1; fi
    sleep 0.2
  done
  return 1
}

demand_port_number
mkdir -p "$data"
demand_free_port
exec 8<"$data"
flock 8
prepare
exec 8<&-
demand_free_port

export COCON_TODAY="${COCON_TODAY:-2015-06-30}"
echo "$COCON_PUBLIC_URL" >"$data/.adresse"
trap interrupted INT TERM
.venv/bin/cocon serve --host 127.0.0.1 --port "$port" --workers 2 &
children+=($!)
.venv/bin/cocon worker &
children+=($!)

if wait_until_ready; then
  welcome
  wait -n "${children[@]}" || true
fi
stop_children
echo "Un des deux programmes s’est arrêté de lui-même ; l’autre a été arrêté aussi." >&2
exit 1
