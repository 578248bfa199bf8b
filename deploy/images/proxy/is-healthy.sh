#!/bin/sh
# Docker's question to the proxy: both sides answer. The hub's side refuses whoever has no
# token, which is an answer.
set -eu
curl -fsS -m 2 -o /dev/null http://127.0.0.1:8000/_chp_healthz
exec curl -sS -m 2 -o /dev/null --unix-socket "$PROXY_SOCKET" http://proxy/api/routes
