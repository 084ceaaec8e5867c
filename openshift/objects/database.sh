#!/bin/bash
# Runs the image's PostgreSQL so that its pod ends quickly at any moment of its start, and never with half a database.
#
# This shell stays process 1, because the image's own script ignores SIGTERM until it has become PostgreSQL. The file
# $new marks a database whose first start has not finished: nobody could connect to it (see the startup probe), and
# the next start makes it anew.
volume=/var/lib/pgsql/data data=$volume/userdata new=$volume/.new

stop() {
  trap '' TERM
  if [ -e "$new" ]; then
    kill -TERM -1 # initdb removes what it has written
  elif [ -n "$server" ]; then
    kill -TERM "$server"
  fi
  pg_ctl stop --silent --pgdata "$data" --mode fast --timeout 50 2>/dev/null
  exit 0
}

server=
trap stop TERM
exec 9>>$volume/.lock
flock 9 & # wait for the PostgreSQL of the previous pod: two pods of one node may mount the same volume
wait $!
if [ -e "$new" ]; then rm -rf "$data"; fi
if [ ! -e "$data/PG_VERSION" ]; then touch "$new"; fi
container-entrypoint run-postgresql &
server=$!
while [ -e "$new" ] && kill -0 "$server" 2>/dev/null; do
  if pg_isready --quiet --host "$HOSTNAME"; then rm "$new"; fi
  sleep 0.2 &
  wait $!
done
wait "$server"
