#!/bin/sh
# Inside the build of an image: installs the Debian packages named, and leaves nothing else.
#
# Build secrets, all optional: /run/secrets/apt_sources, a mirror in deb822 form, which is
# used and not kept; /run/secrets/extra_ca, one certificate authority, which the image
# trusts from then on.
set -eu

if [ -s /run/secrets/extra_ca ]; then
    cp /run/secrets/extra_ca /usr/local/share/ca-certificates/extra.crt
    update-ca-certificates >/dev/null 2>&1
fi

quiet_apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >/dev/null
}
if [ -s /run/secrets/apt_sources ]; then
    # APT tells the form of a list by the ending of its name.
    cp /run/secrets/apt_sources /tmp/mirror.sources
    apt_with_sources() {
        quiet_apt -o Dir::Etc::sourcelist=/tmp/mirror.sources \
            -o Dir::Etc::sourceparts=- "$@"
    }
else
    apt_with_sources() { quiet_apt "$@"; }
fi
apt_with_sources update
apt_with_sources install -y --no-install-recommends "$@"

rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /tmp/mirror.sources
# No program of the image needs another account's rights.
find / -xdev -type f -perm /6000 -exec chmod a-s {} +
