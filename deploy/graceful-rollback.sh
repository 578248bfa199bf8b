#!/usr/bin/env bash
# Take production back to a release that is kept, while people work: graceful-rollback.sh VERSION
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/deployer.sh" rollback production "$@"
