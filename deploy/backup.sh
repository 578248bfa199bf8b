#!/usr/bin/env bash
# Back an environment up now: backup.sh [ENVIRONMENT]
set -euo pipefail
environment=production
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
    environment=$1
    shift
fi
exec "$(dirname "${BASH_SOURCE[0]}")/deployer.sh" backup "$environment" "$@"
