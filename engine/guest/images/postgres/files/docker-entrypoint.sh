#!/bin/sh
# Makes a database cluster in $PGDATA when there is none, then runs the server as the user postgres.
# Settings: POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, POSTGRES_USER, POSTGRES_DB, POSTGRES_INITDB_ARGS,
# POSTGRES_HOST_AUTH_METHOD; then *.sql and *.sh of /docker-entrypoint-initdb.d run once.
set -e

# Options alone are for the server.
case "$1" in
-*) set -- postgres "$@" ;;
esac
if [ "$1" != postgres ]; then
  exec "$@"
fi

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  chown -R postgres:postgres "$PGDATA"
  export HOME=/var/lib/postgresql
  exec chroot --userspec=postgres:postgres --skip-chdir / "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [ -n "$POSTGRES_PASSWORD_FILE" ]; then
    POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
  fi
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$method" != trust ]; then
    echo "$0: there is no database in $PGDATA yet, and no password for its superuser." >&2
    echo "Give one with -e POSTGRES_PASSWORD=… (or allow everybody with -e POSTGRES_HOST_AUTH_METHOD=trust)." >&2
    exit 1
  fi
  passwords=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$passwords"
  # shellcheck disable=SC2086 # several arguments are meant
  initdb --username="$user" --pwfile="$passwords" --auth-local=trust --auth-host="$method" $POSTGRES_INITDB_ARGS
  rm "$passwords"
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
  printf "\nlisten_addresses = '*'\n" >>"$PGDATA/postgresql.conf"

  # A server that only this container can reach, for the first databases and scripts.
  pg_ctl --wait start -o "-c listen_addresses=''"
  query() { psql -v ON_ERROR_STOP=1 --no-password --username "$user" "$@"; }
  if [ "$database" != postgres ]; then
    query --dbname postgres -v name="$database" <<'END'
CREATE DATABASE :"name";
END
  fi
  for script in /docker-entrypoint-initdb.d/*; do
    case "$script" in
    *.sh) echo "$0: running $script" && . "$script" ;;
    *.sql) echo "$0: running $script" && query --dbname "$database" --file "$script" ;;
    esac
  done
  pg_ctl --wait --mode fast stop
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
fi

exec "$@"
