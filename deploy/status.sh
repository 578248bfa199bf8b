#!/usr/bin/env bash
# How an environment is: parts, release, leases, backups, certificates: status.sh [ENVIRONMENT]
set -euo pipefail
environment=production
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
    environment=$1
    shift
fi
exec "$(dirname "${BASH_SOURCE[0]}")/deployer.sh" status "$environment" "$@"
