#!/bin/sh
# Runs redis-server as the user redis, and everything else as it is.
set -e

# Options alone, or a configuration file, are for the server.
case "$1" in
-* | *.conf) set -- redis-server "$@" ;;
esac

if [ "$1" = redis-server ]; then
  # In a container of its own, whoever can reach the port is meant to.
  case " $* " in
  *" --protected-mode "* | *.conf*) ;;
  *) set -- "$@" --protected-mode no ;;
  esac
  if [ "$(id -u)" = 0 ]; then
    chown -R redis:redis .
    exec chroot --userspec=redis:redis --skip-chdir / "$@"
  fi
fi

exec "$@"
