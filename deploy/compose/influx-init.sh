#!/bin/bash
# Runs once, when InfluxDB makes its files: the buckets of the other tiers, and an account that may only read.
set -euo pipefail
bucket() { # name retention
    influx bucket create --org girouette --name "$1" --retention "$2" --hide-headers | cut -f 1
}
# InfluxQL finds girouette/raw by its name as policy raw of database girouette; a mapping made beside that would be a second one,
# and two are refused.
# girouette/raw stands already, without an end: corrections and dossiers are computed from it.
raw=$(influx bucket list --org girouette --name girouette/raw --hide-headers | cut -f 1)
m1=$(bucket girouette/m1 0)
h1=$(bucket girouette/h1 0)
d1=$(bucket girouette/d1 0)
influx v1 auth create --org girouette --username reader --password "$(cat /run/secrets/influx_reader_password)" \
    --description "API and Grafana: reading only" --read-bucket "$raw" --read-bucket "$m1" --read-bucket "$h1" --read-bucket "$d1" >/dev/null
