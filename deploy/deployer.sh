#!/usr/bin/env bash
# The deployer in its container: the host needs Docker, bash and nothing else.
#
# deploy/deployer.sh VERB ENVIRONMENT ...; `--help` lists the verbs. The other scripts here
# call this one. Variables that begin with MC_ or MCHUB_ are handed on.
#
# The container gets Docker's socket, this checkout (to read) and the state folder, each at
# the path that it has on the host, because compose hands paths on to Docker.
set -euo pipefail

SOCKET=/var/run/docker.sock
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
checkout=$(dirname "$here")
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$checkout/pyproject.toml")
image=${MC_DEPLOYER_IMAGE:-mchub/deployer:$version}

say() { printf 'deployer: %s\n' "$*"; }
# Status 1: failed, and nothing was changed.
fail() {
    printf 'deployer: %s\n' "$*" >&2
    exit 1
}

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

build() {
    local name=$1 dockerfile=$2 base=$3 began=$SECONDS log
    say "building $name on $base"
    log=$(mktemp)
    DOCKER_BUILDKIT=1 docker build --file "$checkout/$dockerfile" --build-arg "BASE=$base" \
        --tag "$name" "$checkout" >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        rm -f "$log"
        fail "$name could not be built, see above; load it with \`docker load\` instead."
    }
    rm -f "$log"
    say "built in $((SECONDS - began)) s"
}

# What builds and checks everything else must be here first.
get_deployer() {
    has_image "$image" && return
    if [ -n "${MC_IMAGES:-}" ]; then
        say "loading images of $MC_IMAGES"
        find "$MC_IMAGES" -maxdepth 1 -name '*.tar*' -exec docker load --quiet --input {} \;
        has_image "$image" && return
    fi
    [ "$image" = "mchub/deployer:$version" ] || fail "there is no image $image here."
    say "there is no image $image yet: it is built now, once"
    local base
    base=$(sed -n 's/^ARG BASE=//p' "$checkout/deploy/images/hub/Dockerfile")
    if has_image "mchub/base:$version"; then base=mchub/base:$version; fi
    has_image "mchub/hub:$version" ||
        build "mchub/hub:$version" deploy/images/hub/Dockerfile "$base"
    build "$image" deploy/images/deployer/Dockerfile "mchub/hub:$version"
}

command -v docker >/dev/null || fail "Docker is not installed here: install it."
docker info >/dev/null 2>&1 || fail "Docker does not answer: start it, or let $(id -un) use it."
[ -S "$SOCKET" ] || fail "Docker must listen at $SOCKET; nothing is there."
get_deployer

state=${MCHUB_STATE:-$checkout/.mchub}
(umask 077 && mkdir -p "$state")
state=$(cd "$state" && pwd -P)

# The site's own settings lie beside the environments, unless they are named.
if [ -z "${MCHUB_SITE:-}" ] && [ -e "$state/site.toml" ]; then
    export MCHUB_SITE=$state/site.toml
fi

options=(
    --rm --interactive --read-only --cap-drop=ALL --security-opt=no-new-privileges:true
    --network="${MC_DEPLOYER_NETWORK:-bridge}" --tmpfs=/tmp:mode=1777 --workdir "$checkout"
    --user "$(id -u):$(id -g)" --group-add "$(stat -c %g "$SOCKET")"
    --volume "$SOCKET:$SOCKET"
    --volume "$checkout:$checkout:ro"
    --volume "$state:$state"
    --volume mchub-host:/var/lib/mchub
    --env HOME=/tmp --env PYTHONDONTWRITEBYTECODE=1 --env PYTHONPATH=
    --env "MCHUB_STATE=$state" --env "MC_DEPLOYER_IMAGE=$image"
    --env "MC_OPERATOR=${MC_OPERATOR:-${SUDO_USER:-$(id -un)}@$(hostname)}"
)
if [ -t 0 ] && [ -t 1 ]; then options+=(--tty); fi
while IFS= read -r name; do
    case $name in
    MCHUB_STATE | MC_DEPLOYER_* | MC_OPERATOR | MC_IMAGES) ;;
    *) options+=(--env "$name") ;;
    esac
done < <(compgen -e | grep -E '^(MC|MCHUB)_' || true)
# What is named by a path must be there under the same one.
for path in "${MCHUB_SITE:-}" "${MC_IMAGES:-}" "${MC_AGE_IDENTITY:-}"; do
    if [ -n "$path" ]; then options+=(--volume "$(realpath "$path"):$(realpath "$path"):ro"); fi
done
# Folders that a verb reads or writes, as in `archive-home ... --to /media/archive`.
for word in "$@"; do
    if [ "${word#/}" != "$word" ] && [ -d "$word" ]; then
        options+=(--volume "$(realpath "$word"):$word")
    fi
done
registry=${DOCKER_CONFIG:-$HOME/.docker}/config.json
if [ -r "$registry" ]; then options+=(--volume "$registry:/tmp/.docker/config.json:ro"); fi

exec docker run "${options[@]}" "$image" deploy.deployer "$@"
