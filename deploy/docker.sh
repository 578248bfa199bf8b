#!/usr/bin/env bash
# A Docker daemon that answers, with the plugins buildx and compose.
#
# On Debian as root, what is missing is installed and started. Elsewhere one line says what
# to install. What is there already stays as it is, and so do the system's package sources.
set -euo pipefail

# The first Debian release that has both plugins as packages; they are static programs.
PLUGINS_FROM=trixie
PLUGINS=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
DAEMON_LOG=${DOCKERD_LOG:-/var/log/dockerd.log}

say() { printf 'docker: %s\n' "$*"; }
fail() {
    printf 'docker: %s\n' "$*" >&2
    exit 1
}

is_debian_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
daemon_answers() { docker info >/dev/null 2>&1; }
has_plugin() { docker "$1" version >/dev/null 2>&1; }

install_missing() {
    local missing=()
    command -v docker >/dev/null || missing+=(docker.io)
    command -v dockerd >/dev/null || daemon_answers || missing+=(docker.io)
    command -v debootstrap >/dev/null || missing+=(debootstrap)
    command -v iptables >/dev/null || missing+=(iptables)
    [ ${#missing[@]} = 0 ] && return
    is_debian_root || fail "install ${missing[*]} and run again."
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # Since Debian 13 the command is a package of its own.
    if ! command -v docker >/dev/null && apt-cache show docker-cli >/dev/null 2>&1; then
        missing+=(docker-cli)
    fi
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

start_daemon() {
    daemon_answers && return
    is_debian_root || fail "no Docker daemon answers: start Docker and run again."
    say "starting dockerd, log in $DAEMON_LOG"
    rm -f /var/run/docker.pid
    # Its own session: it outlives this script and the terminal that it was called from.
    # Containers, and connections into them, live on while the daemon restarts. A setting
    # given twice, here and in the daemon's own file, would keep it from starting.
    local options=()
    [ -e /etc/docker/daemon.json ] || options+=(--live-restore --userland-proxy=false)
    setsid dockerd "${options[@]}" >>"$DAEMON_LOG" 2>&1 </dev/null &
    for _ in $(seq 60); do
        daemon_answers && return
        sleep 1
    done
    tail -n 5 "$DAEMON_LOG" >&2
    fail "dockerd did not answer within 60 s; the last lines of $DAEMON_LOG are above."
}

# A Debian mirror that this machine already uses, so that no host is named here.
debian_mirror() {
    grep -rhoE '^[^#]*https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list* |
        grep -oE 'https?://[^ ]+' | head -n 1
}

install_plugins() {
    local packages=() apt scratch mirror
    has_plugin buildx || packages+=(docker-buildx)
    has_plugin compose || packages+=(docker-compose)
    [ ${#packages[@]} = 0 ] && return
    is_debian_root || fail "install Docker's plugins buildx and compose 2, and run again."
    mirror=$(debian_mirror) || true
    [ -n "$mirror" ] || fail "no Debian mirror in /etc/apt: install ${packages[*]} by hand."
    say "putting ${packages[*]} of $PLUGINS_FROM into $PLUGINS"
    scratch=$(mktemp -d)
    mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial" "$PLUGINS"
    echo "deb $mirror $PLUGINS_FROM main" >"$scratch/sources.list"
    apt=(apt-get -qq -o "Dir::Etc::sourcelist=$scratch/sources.list"
        -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$scratch/lists"
        -o "Dir::Cache=$scratch/cache" -o APT::Sandbox::User=root)
    "${apt[@]}" update
    (cd "$scratch" && "${apt[@]}" download "${packages[@]}")
    for package in "$scratch"/*.deb; do
        dpkg -x "$package" "$scratch/unpacked"
    done
    find "$scratch/unpacked" -path '*/cli-plugins/docker-*' -type f \
        -exec install -m 755 -t "$PLUGINS" {} +
    rm -rf "$scratch"
    has_plugin buildx || fail "buildx was installed and does not run."
    has_plugin compose || fail "compose was installed and does not run."
}

install_missing
start_daemon
install_plugins
say "$(docker version --format 'daemon {{.Server.Version}}, client {{.Client.Version}}')," \
    "$(docker buildx version | cut -d ' ' -f 2), compose $(docker compose version --short)"
