#!/bin/sh
# Starts nginx, and has it read its configuration and certificate again when one changes.
#
# /certificates holds `issued.pem`, and until there is one `self-signed.pem`. What nginx would
# refuse is said and not taken: the old one goes on.
set -eu

CONFIGURATION=/etc/mchub/front/nginx.conf
CERTIFICATE=/run/front/tls.pem
umask 077

say() { printf '{"part": "front", "message": "%s"}\n' "$*"; }
# Alerts to standard error, before the configuration could say where they go.
nginx_with() { nginx -e stderr -c "$CONFIGURATION" "$@"; }

take_certificate() {
    file=/certificates/issued.pem
    [ -s "$file" ] || file=/certificates/self-signed.pem
    cp "$file" "$CERTIFICATE.new"
    mv "$CERTIFICATE.new" "$CERTIFICATE"
}

state() { cat "$CONFIGURATION" /certificates/*.pem 2>/dev/null | cksum; }

watch() {
    taken=$1
    while sleep "${MC_LOOK_EVERY:-5}"; do
        now=$(state)
        [ "$now" != "$taken" ] || continue
        taken=$now
        take_certificate || continue
        if nginx_with -t -q; then
            nginx_with -s reload
            say "configuration or certificate read again"
        else
            say "the new configuration or certificate is refused; the old one goes on"
        fi
    done
}

until take_certificate 2>/dev/null; do
    say "no certificate yet"
    sleep 1
done
watch "$(state)" &
exec nginx -e stderr -c "$CONFIGURATION" -g 'daemon off;'
