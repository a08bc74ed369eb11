#!/bin/sh
# Starts mosquitto; a damaged session file is moved aside instead of keeping the broker down; changed accounts and certificates are read again.
# usage: start.sh [CONF [STATE [ACCOUNTS [TLS]]]]
set -eu
conf=${1:-/etc/girouette/mosquitto.conf}
state=${2:-/var/lib/girouette/broker}
accounts=${3:-/var/lib/girouette/accounts}
tls=${4:-/var/lib/girouette/tls}

fingerprint() {
    cat "$accounts/passwords" "$accounts/acl" "$tls/broker.pem" 2>/dev/null | cksum
}

reread_when_changed() { # broker's pid
    known=$(fingerprint)
    while sleep 1 && kill -0 "$1" 2>/dev/null; do
        now=$(fingerprint)
        if test "$now" != "$known"; then
            known=$now
            kill -HUP "$1" || exit 0
        fi
    done
}

run() {
    mosquitto -c "$conf" &
    broker=$!
    reread_when_changed "$broker" &
    watcher=$!
    trap 'kill -TERM "$broker" 2>/dev/null' TERM INT
    trap 'kill -HUP "$broker" 2>/dev/null' HUP
    while :; do
        code=0
        wait "$broker" || code=$?
        # A signal to this script ends `wait` early: the broker's own end is what counts.
        kill -0 "$broker" 2>/dev/null || break
    done
    kill "$watcher" 2>/dev/null || true
    return "$code"
}

damaged() {
    test -e "$state/mosquitto.db" && timeout 5 mosquitto -c "$conf" 2>&1 | grep -q "Couldn't open database"
}

code=0
run || code=$?
if test "$code" = 1 && damaged; then
    aside="$state/mosquitto.db.damaged-$(date +%Y%m%dT%H%M%S)"
    mv "$state/mosquitto.db" "$aside"
    echo "girouette: the broker's session file was damaged; it is now $aside. Boards send again what has no receipt." >&2
    code=0
    run || code=$?
fi
exit "$code"
