#!/bin/sh
# Creates Temporal's two databases on PostgreSQL and brings their schema up to date.
# Running it again is harmless: what exists is kept, and only newer versions are applied.
set -eu

SQL_PASSWORD="$(cat /run/secrets/postgres_password)"
export SQL_PASSWORD
schema=/etc/temporal/schema/postgresql/v12

prepare() {
  database="$1"
  versions="$2"
  tool="temporal-sql-tool --plugin postgres12_pgx --endpoint postgres --port 5432 --user temporal --database $database"
  # create and setup-schema say so when there is nothing to do; update-schema is the one that must succeed.
  $tool create || true
  $tool setup-schema -v 0.0 || true
  $tool update-schema -d "$schema/$versions/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
