#!/usr/bin/env bash
# What is wrong on this host, and what to do: doctor.sh [ENVIRONMENT]
set -euo pipefail
environment=production
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
    environment=$1
    shift
fi
exec "$(dirname "${BASH_SOURCE[0]}")/deployer.sh" doctor "$environment" "$@"
