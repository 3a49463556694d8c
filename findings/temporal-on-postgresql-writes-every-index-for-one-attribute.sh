#!/usr/bin/env bash
# go.temporal.io/server v1.32.1, its schema of visibility for PostgreSQL 12 and later: changing one
# search attribute of one workflow writes an entry into every index of the table.
#
# PostgreSQL spares the indexes only where no indexed column changes; one that does enters the row's
# new version into all of them, and autovacuum cleans up in all of them later. The schema has an
# index on nearly every column, also on those that stand for custom attributes, whether a namespace
# has any or not. A change of the memo alone, which no index covers, is written in place: progress
# that nobody filters by costs a hundredth there.
#
# Needs Debian's package postgresql; its own service is neither needed nor touched. Temporal's
# server is downloaded for its schema and not compiled.
#
# Seen: 74 indexes; 300 changes of one attribute write 6.3 MB of log and none in place, 300 of the
# memo 0.04 MB and all in place. Fails when that changes.
set -euo pipefail
bin="$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)"
place="$(mktemp -d)"
chmod 755 "$place"
as=()
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=postgres --regid=postgres --clear-groups); fi
stop() {
	if [ -n "${postgres:-}" ]; then kill -INT "$postgres" && wait "$postgres" || true; fi
	chmod -R u+w "$place"
	rm -rf "$place"
}
trap stop EXIT
cd "$place"
mkdir database
if [ "$(id -u)" = 0 ]; then chown postgres: database; fi
"${as[@]}" "$bin/initdb" -D "$place/database" -U temporal --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
"${as[@]}" "$bin/postgres" -D "$place/database" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c autovacuum=off 2>postgres.log &
postgres=$!
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do kill -0 "$postgres"; done
sql() { "$bin/psql" -h 127.0.0.1 -p "$port" -U temporal -d postgres -v ON_ERROR_STOP=1 -qAt "$@"; }

schema="$(go mod download -json go.temporal.io/server@v1.32.1 | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')/schema/postgresql/v12/visibility/schema.sql"
sql -f "$schema" >/dev/null

sql <<'SQL' >/dev/null
INSERT INTO executions_visibility
	(namespace_id, run_id, start_time, execution_time, workflow_id, workflow_type_name, status, history_length, memo, encoding, task_queue, search_attributes)
SELECT 'namespace', 'run-' || i, now(), now(), 'workflow-' || i, 'Order', 1, 3, 'memo', 'Proto3', 'orders', jsonb_build_object('Keyword01', 'a')
FROM generate_series(1, 100) AS i;
SQL

# written WHAT changes one row 300 times, each time by a statement of its own, and prints the bytes
# of write-ahead log and the number of changes in place.
written() {
	sql -c "SELECT pg_stat_reset_single_table_counters('executions_visibility'::regclass)" -c CHECKPOINT >/dev/null
	local before
	before="$(sql -c 'SELECT pg_current_wal_lsn()')"
	for i in $(seq 300); do echo "UPDATE executions_visibility SET $1 WHERE run_id = 'run-7';" | sed "s/#/$i/"; done | sql >/dev/null
	sql -c "SELECT pg_stat_force_next_flush()" >/dev/null
	sql -c "SELECT (pg_current_wal_lsn() - '$before')::bigint || ' ' || n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'executions_visibility'"
}

indexes="$(sql -c "SELECT count(*) FROM pg_indexes WHERE tablename = 'executions_visibility'")"
read -r attribute attribute_in_place <<<"$(written "search_attributes = jsonb_build_object('Keyword01', 'value-#')")"
read -r memo memo_in_place <<<"$(written "memo = 'memo #'")"
echo "$indexes indexes; 300 changes of one attribute: $attribute bytes of log, $attribute_in_place in place; of the memo: $memo bytes, $memo_in_place in place"
[ "$indexes" -gt 60 ] && [ "$attribute_in_place" -eq 0 ] && [ "$memo_in_place" -gt 250 ] && [ "$attribute" -gt $((8 * memo)) ]
