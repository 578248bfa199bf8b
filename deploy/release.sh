#!/usr/bin/env bash
# Tag this commit as a release, if it can be one: release.sh VERSION [--dry-run]
#
# It must be clean, on a branch for releases or hotfixes, carry that version and a section of
# the changelog for it, and be a new tag. Nothing is pushed.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    printf 'release: release.sh VERSION [--dry-run], as in release.sh 1.2.3\n' >&2
    exit 2
}
fail() {
    printf 'release: %s\n' "$*" >&2
    exit 1
}

version=${1:-}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || usage
[ $# = 1 ] || [ "$2" = --dry-run ] || usage

[ -z "$(git status --porcelain)" ] || fail "commit or stash what \`git status\` shows first."

branch=$(git branch --show-current)
case $branch in
release/* | hotfix/*) ;;
*) fail "a release is tagged on release/X.Y or hotfix/X.Y.Z; this is ${branch:-no branch}." ;;
esac

here=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
[ "$here" = "$version" ] || fail "pyproject.toml says $here: set \`version = \"$version\"\`."

grep -q "^## $version\b" CHANGELOG.md || fail "CHANGELOG.md has no section \`## $version\`."

if git rev-parse --quiet --verify "refs/tags/v$version" >/dev/null; then
    fail "v$version is tagged already; a release never changes: take the next number."
fi

if [ "${2:-}" = --dry-run ]; then
    printf 'release: %s can be v%s\n' "$(git rev-parse --short HEAD)" "$version"
    exit
fi
git tag --annotate "v$version" --message "mchub $version"
printf 'release: tagged v%s, which git push origin v%s publishes\n' "$version" "$version"
