#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Disk full under the database: clients are told, keep what they sign, and nothing acknowledged is lost.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/faults.sh"
[[ $(id -u) == 0 ]] || skip_all "mounting a small file system needs root"
mkdir "$W/small"
mount -t tmpfs -o size=300m,mode=755 tmpfs "$W/small" 2>/dev/null || skip_all "mounting is not allowed here"
unmount() { umount -l "$W/small" 2>/dev/null; }
trap 'status=$?; trap "" INT TERM; unmount; (exit "$status"); cleanup' EXIT
instance_start --now "$NOW" --plan "$SAMPLE"
duban-local stop "$I" || bail "stop"
cp -a "$(realpath "$I/pg")" "$W/small/pg" && rm -rf "$I/pg" && ln -s "$W/small/pg" "$I/pg"
duban-local start "$I" || bail "start on the small file system"
load_start u001 u002
enrol u003 --unit u003
T=$(led_task u003)
dd if=/dev/zero of="$W/small/filler" bs=64k >/dev/null 2>&1
ok "the disk is full" test "$(df --output=avail "$W/small" | tail -n 1)" -lt 64
head -c 45000 /dev/urandom | base64 -w 0 | head -c 60000 >"$W/text"
LOADED+=(u003)
kept=0
for ((n = 0; n < 600 && kept < 3; n++)); do # until files have to grow
    run as u003 report "$T" --period 2022Q1 --status on-track --text "$(head -c 19000 "$W/text")"
    echo "$STATUS" >>"$W/u003.status"
    ((STATUS == 0)) || ((++kept))
    ((STATUS == 0 || STATUS == 3)) || { diag "status $STATUS: $ERR" && break; }
done
is "$kept $STATUS" "3 3" "after $n long statements they are kept (exit 3)"
diag "$ERR"
ok "duband lives" test "$(curl -s -o /dev/null -w '%{http_code}' "$DUBAN_ADMIN_URL/healthz")" = 200
full=$(sql 'select count(*) from duban.log_entry' 2>/dev/null || echo down)
diag "PostgreSQL: $full entries"
sleep 2
rm "$W/small/filler"
duban-local start "$I" || bail "start again" # PostgreSQL may have stopped for want of room for its own log
ok "room again: ready" eventually 60 ready
as u003 flush >/dev/null 2>&1
LOADED=(u001 u002)
ok "all clients go on" progress
LOADED+=(u003)
load_end
stop_clean
done_testing
