#!/bin/sh
# Run by Patroni once, when the cluster is made; its argument is the address of the new server.
set -eu
psql --no-psqlrc --quiet --dbname="$1" --command="CREATE DATABASE dabiao TEMPLATE template0"
