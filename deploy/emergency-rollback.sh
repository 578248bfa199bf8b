#!/usr/bin/env bash
# Take production back to a backup, its data and its release: emergency-rollback.sh BACKUP
#
# BACKUP is a label that backup.sh printed, or a time. What was done since then is lost.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/deployer.sh" emergency-rollback production "$@"
