#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs the Debian packages that are missing, as root, or says the one line to run.
set -eu
packages="gcc make pkg-config libevent-dev libpq-dev libssl-dev libjansson-dev libconfuse-dev
libcurl4-openssl-dev libutf8proc-dev libsmartcols-dev libxlsxwriter-dev zlib1g-dev gettext libcmocka-dev
postgresql-15 postgresql-15-pgtap perl curl openssl jq python3 python3-jsonschema golang-go
golang-golang-x-mod-dev libxml2-utils locales procps util-linux python3-aiosmtpd python3-icalendar bc xxd valgrind"
missing=
for p in $packages "$@"; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
    echo "installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # no cluster of Debian's own: tests and the demo make private ones
    mkdir -p /etc/postgresql-common/createcluster.d
    [ -e /etc/postgresql-common/createcluster.d/duban.conf ] ||
        echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/duban.conf
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing
else
    echo "duban needs some packages first. As root, or with sudo:" >&2
    echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi
