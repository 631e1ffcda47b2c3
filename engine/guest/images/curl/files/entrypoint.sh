#!/bin/sh
# Options and addresses alone are for curl; anything that is a command runs as it is.
if [ "${1#-}" != "$1" ] || ! command -v "$1" >/dev/null; then
  set -- curl "$@"
fi
exec "$@"
