#!/bin/sh
# Install the Debian parts that the tests use: only as root, only where apt is, and said before it is done.
# NO_APT=1 forbids it; what is missing then is skipped by name (and fails where GIROUETTE_CI=1).
set -eu
missing=""
for pair in mosquitto:/usr/sbin/mosquitto influxdb:/usr/bin/influxd chromium:/usr/bin/chromium \
            faketime:/usr/bin/faketime strace:/usr/bin/strace; do
    test -e "${pair#*:}" || missing="$missing ${pair%%:*}"
done
test -n "$missing" || exit 0
if test "${NO_APT:-}" = 1 || test "$(id -u)" != 0 || ! command -v apt-get >/dev/null; then
    echo "girouette: not installed:$missing. The tests that need them are skipped by name."
    echo "girouette: to run them: sudo apt-get install --no-install-recommends$missing"
    exit 0
fi
echo "girouette: installing with apt:$missing (NO_APT=1 forbids it)"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
# Debian starts what it installs; the tests start their own on free ports and leave the system's alone.
