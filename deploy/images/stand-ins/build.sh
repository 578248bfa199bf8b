#!/usr/bin/env bash
# Stand-ins for the official images, on a host that can't pull: from Debian's packages.
#
#   mchub/base      for python:*-slim    mchub/node    for node:*-slim
#   mchub/postgres  for postgres:17         mchub/nginx   for nginx
#   mchub/lego      for goacme/lego         mchub/etcd-server  for quay.io/coreos/etcd
#   mchub/prometheus, mchub/node-exporter and the others of deploy/monitoring
#
# What is there and current stays. EXTRA_CA_BUNDLE=FILE puts one more certificate authority
# into the base; without it the base trusts those that this host was told to trust.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
HERE=deploy/images/stand-ins
RELEASE=trixie
HOST_AUTHORITIES=/usr/local/share/ca-certificates
LABEL=mchub.made-from

say() { printf 'stand-ins: %s\n' "$*"; }
fail() {
    printf 'stand-ins: %s\n' "$*" >&2
    exit 1
}

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)

authorities() {
    if [ -n "${EXTRA_CA_BUNDLE:-}" ]; then
        echo "$EXTRA_CA_BUNDLE"
    else
        find "$HOST_AUTHORITIES" -name '*.crt' 2>/dev/null | sort
    fi
}

# Changes when this script or an authority does.
recipe() {
    { cat "$HERE/build.sh" && authorities | xargs -r cat; } | sha256sum | cut -c 1-16
}

made_from() { docker image inspect -f "{{index .Config.Labels \"$LABEL\"}}" "$1" 2>/dev/null; }

make_base() {
    local root=$1
    debootstrap --variant=minbase --include=ca-certificates,python3-venv \
        "$RELEASE" "$root" >"$root.log" 2>&1 || {
        tail -n 5 "$root.log" >&2
        fail "debootstrap failed; the last lines of its log are above."
    }
    add_sources "$root"
    authorities | xargs -r cp -t "$root$HOST_AUTHORITIES"
    chroot "$root" update-ca-certificates >/dev/null 2>&1
    ln -s python3 "$root/usr/bin/python"
    strip "$root"
}

# Updates come from where the release came from; the security archive is its neighbor.
add_sources() {
    local mirror
    mirror=$(awk '/^deb /{ print $2; exit }' "$1/etc/apt/sources.list")
    cat >>"$1/etc/apt/sources.list" <<-SOURCES
	deb $mirror $RELEASE-updates main
	deb ${mirror%/}-security $RELEASE-security main
	SOURCES
}

strip() {
    local excluded=(/usr/share/doc /usr/share/man /usr/share/locale /usr/share/info)
    printf 'path-exclude=%s/*\n' "${excluded[@]}" >"$1/etc/dpkg/dpkg.cfg.d/slim"
    printf 'path-include=/usr/share/doc/*/copyright\n' >>"$1/etc/dpkg/dpkg.cfg.d/slim"
    find "$1/usr/share/doc" -type f ! -name copyright -delete
    find "$1/usr/share/doc" -type d -empty -delete
    rm -rf "$1"/usr/share/{man,locale,info}/* "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/*
    rm -rf "$1"/var/log/* "$1"/tmp/* "$1"/var/cache/debconf/*-old "$1"/etc/{resolv.conf,hostname}
    find "$1" -xdev -type f -perm /6000 -exec chmod a-s {} +
}

build_base() {
    local image=mchub/base:$version began=$SECONDS root
    if [ "$(made_from "$image")" = "$(recipe)" ]; then
        say "$image is current"
        return
    fi
    [ "$(id -u)" = 0 ] || fail "debootstrap needs root: run this as root."
    command -v debootstrap >/dev/null || fail "debootstrap is missing: run deploy/docker.sh."
    root=$(mktemp -d)/root
    say "making $image with debootstrap, about a minute"
    make_base "$root"
    tar -C "$root" --numeric-owner -c . | docker import --change 'CMD ["python3"]' \
        --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
        --change "LABEL $LABEL=$(recipe)" - "$image" >/dev/null
    rm -rf "$(dirname "$root")"
    say "$image made in $((SECONDS - began)) s"
}

build_on_it() {
    local image=mchub/$1:$version recipes=${2:-Dockerfile} began=$SECONDS
    say "building $image"
    DOCKER_BUILDKIT=1 docker build --quiet --file "$HERE/$recipes" --target "$1" \
        --build-arg "BASE=mchub/base:$version" --tag "$image" . >/dev/null
    say "$image built in $((SECONDS - began)) s"
}

build_base
build_on_it node
build_on_it postgres
build_on_it nginx
build_on_it lego
build_on_it etcd-server
for image in prometheus alertmanager blackbox-exporter nginx-exporter node-exporter \
    postgres-exporter rsyslog; do
    build_on_it "$image" monitoring.Dockerfile
done
