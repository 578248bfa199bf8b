#!/bin/sh
# Starts the proxy: the public side on port 8000, the hub's side on a socket in a volume, or, where
# parts share no volume, on the port that PROXY_API_PORT names.
#
# CONFIGPROXY_AUTH_TOKEN_FILE names the file with the hub's token. Arguments, such as
# `--default-target=http://hub:8081`, go to configurable-http-proxy.
set -eu

file=${CONFIGPROXY_AUTH_TOKEN_FILE:-/run/secrets/proxy_token}
if ! [ -s "$file" ] || ! [ -r "$file" ]; then
    echo "CONFIGPROXY_AUTH_TOKEN_FILE: must name a file that holds the token and that" \
        "uid $(id -u) may read; got '$file'." >&2
    exit 1
fi
CONFIGPROXY_AUTH_TOKEN=$(cat "$file")
export CONFIGPROXY_AUTH_TOKEN

if [ -n "${PROXY_API_PORT:-}" ]; then
    exec configurable-http-proxy --ip=0.0.0.0 --port=8000 --api-ip=0.0.0.0 \
        --api-port="$PROXY_API_PORT" "$@"
fi
# Left behind by a proxy that was killed; no other one listens, the volume is for this one.
rm -f "$PROXY_SOCKET"
# The hub is of the same group and no other account may write to the socket.
umask 007
exec configurable-http-proxy --ip=0.0.0.0 --port=8000 --api-socket="$PROXY_SOCKET" "$@"
