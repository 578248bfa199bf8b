#!/usr/bin/env bash
# Bring staging to a release, building what is missing: deploy-staging.sh [VERSION] [--dry-run]
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/deployer.sh" deploy staging --build "$@"
