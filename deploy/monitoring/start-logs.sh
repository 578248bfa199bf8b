#!/bin/sh
# Starts the collector of logs, and deletes what is older than so many days: $1.
set -eu

folder=/var/log/mchub
mkdir -p "$folder/logs"
(
    while :; do
        find "$folder" -name '*.jsonl' -mtime "+$1" -delete
        sleep 3600
    done
) &
exec rsyslogd -n -i NONE -f /etc/mchub/rsyslog.conf
