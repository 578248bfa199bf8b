#!/usr/bin/env bash
# Set the data back to a time: restore.sh [ENVIRONMENT] --to "2026-01-31 12:00:00+00"
set -euo pipefail
environment=production
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
    environment=$1
    shift
fi
exec "$(dirname "${BASH_SOURCE[0]}")/deployer.sh" restore "$environment" "$@"
