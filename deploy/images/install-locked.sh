#!/bin/sh
# Inside the build of an image: installs exactly what a lock file names, into the virtual
# environment on PATH. The build secret /run/secrets/pip_conf, if given, names a mirror.
set -eu
export PIP_CONFIG_FILE=/run/secrets/pip_conf PIP_CACHE_DIR=/var/cache/pip
exec pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --requirement "$1"
