#!/bin/sh
# Run once by the database's image, when its volume is new.
set -eu
psql -U "$POSTGRES_USER" -v owner_password="$OWNER_PASSWORD" -v serve_password="$SERVE_PASSWORD" -f /roles.sql
