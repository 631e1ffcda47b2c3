#!/bin/sh
# Runs the scripts of /docker-entrypoint.d in the order of their names, then the command.
set -e

case "$1" in
nginx | nginx-debug)
  for script in /docker-entrypoint.d/*.sh; do
    [ -e "$script" ] || continue
    if [ -x "$script" ]; then
      echo "$0: running $script"
      "$script"
    else
      echo "$0: $script is not executable, left out" >&2
    fi
  done
  ;;
esac

exec "$@"
