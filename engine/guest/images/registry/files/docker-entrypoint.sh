#!/bin/sh
# A configuration or a subcommand alone is for the registry; anything else is run as it stands.
set -e

case "$1" in
*.yml | *.yaml) set -- registry serve "$@" ;;
serve | garbage-collect | help | -*) set -- registry "$@" ;;
esac

exec "$@"
