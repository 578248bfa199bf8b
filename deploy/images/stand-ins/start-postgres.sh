#!/bin/sh
# Starts PostgreSQL, and makes the database the first time.
#
# Reads what the official image reads: POSTGRES_PASSWORD_FILE (needed once), POSTGRES_USER
# (`postgres`), POSTGRES_DB (the user's name), PGDATA. Arguments go to PostgreSQL.
set -eu

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}

make_cluster() {
    if [ ! -r "${POSTGRES_PASSWORD_FILE:-}" ]; then
        echo "POSTGRES_PASSWORD_FILE: must name a file that holds the password and that" \
            "uid $(id -u) may read; got '${POSTGRES_PASSWORD_FILE:-}'." >&2
        exit 1
    fi
    # The built-in locale sorts alike on every system: an index outlives an update of it.
    initdb --pgdata="$PGDATA" --username="$user" --pwfile="$POSTGRES_PASSWORD_FILE" \
        --auth-host=scram-sha-256 --auth-local=peer --data-checksums --encoding=UTF8 \
        --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C.UTF-8 >/dev/null
    cat >"$PGDATA/pg_hba.conf" <<-RULES
	local all all scram-sha-256
	host all all all scram-sha-256
	host replication all all scram-sha-256
	RULES
    [ "$database" = postgres ] || make_database
}

make_database() {
    pg_ctl --pgdata="$PGDATA" --options="-c listen_addresses=''" --wait --silent start
    PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE") \
        createdb --username="$user" --maintenance-db=postgres --owner="$user" "$database"
    pg_ctl --pgdata="$PGDATA" --wait --silent stop
}

[ "${1:-postgres}" = postgres ] || exec "$@"
[ $# = 0 ] || shift
[ -s "$PGDATA/PG_VERSION" ] || make_cluster
exec postgres -D "$PGDATA" -c "listen_addresses=*" "$@"
