#!/usr/bin/env bash
# Take staging back to the release that ran before: rollback-staging.sh [VERSION]
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/deployer.sh" rollback staging "$@"
