#!/usr/bin/env bash
# Bring production to a release that staging ran: deploy-production.sh [VERSION] [--dry-run]
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/deployer.sh" deploy production "$@"
