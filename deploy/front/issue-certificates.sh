#!/bin/sh
# Gets a certificate from an ACME authority and renews it in time, for ever.
#
# MC_HOST is the name, MC_ACME_CONTACT a mail address, MC_ACME_DIRECTORY the authority. The
# front shows what lies in /certificates/challenges and takes /certificates/issued.pem; the
# account stays in /acme, which the front doesn't see. After a failure it tries again, later
# and later, and at least twice a day.
set -eu

PATH=$PATH:/
CHALLENGES=/certificates/challenges
ISSUED=/certificates/issued.pem
# Another authority's certificates are not renewed at this one.
FOLDER=/acme/$(echo "$MC_ACME_DIRECTORY" | cksum | cut -d ' ' -f 1)
ONE=$FOLDER/certificates/$MC_HOST
STARTED=/tmp/started
LAST=/tmp/last-success
# Authorities go over to certificates of 47 days; of 90 days these are the last 30.
RENEW_WITHIN_DAYS=30
umask 077

say() { printf '{"part": "certificates", "message": "%s"}\n' "$*"; }

ask() {
    verb=$1
    shift
    lego --accept-tos --email "$MC_ACME_CONTACT" --server "$MC_ACME_DIRECTORY" \
        --domains "$MC_HOST" --key-type ec256 --path "$FOLDER" --pem \
        --http --http.webroot "$CHALLENGES" "$verb" "$@"
}

issue_or_renew() {
    if [ -s "$ONE.pem" ]; then
        ask renew --days "$RENEW_WITHIN_DAYS" --no-random-sleep
    else
        ask run
    fi
}

hand_over() {
    cmp -s "$ONE.pem" "$ISSUED" && return
    # In one step: nginx sees the old pair of key and certificate or the new one.
    cp "$ONE.pem" "$ISSUED.new"
    mv "$ISSUED.new" "$ISSUED"
    say "a new certificate for $MC_HOST"
}

# Docker's question: an hour for the first certificate, later a success in the last two days.
is_well() {
    [ -n "$(find "$LAST" -mmin -2880 2>/dev/null)$(find "$STARTED" -mmin -60 2>/dev/null)" ]
}

if [ "${1:-}" = is-well ]; then
    is_well
    exit
fi
touch "$STARTED"
mkdir -p "$CHALLENGES"
pause=${MC_RETRY_AFTER:-60}
while true; do
    if issue_or_renew; then
        hand_over
        touch "$LAST"
        pause=${MC_RETRY_AFTER:-60}
        sleep "${MC_RENEW_EVERY:-86400}"
    else
        say "no certificate this time; the next try is in $pause s"
        sleep "$pause"
        pause=$((pause * 2))
        [ "$pause" -lt 43200 ] || pause=43200
    fi
done
