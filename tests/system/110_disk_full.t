#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Disk full under the database: clients keep what they sign, nothing acknowledged is lost.
. "$(dirname "$0")/lib.sh"
[[ $(id -u) == 0 ]] || skip_all "needs root to mount a small file system"
mkdir "$W/small"
mount -t tmpfs -o size=400m,mode=755 tmpfs "$W/small" 2>/dev/null || skip_all "mount is not allowed here"
unmount() { umount -l "$W/small" 2>/dev/null; }
trap 'unmount; cleanup' EXIT
instance_start --now "$NOW" --plan "$SAMPLE"
enrol u001 --unit u001
T=$(led_task u001)
duban-local stop "$I"
cp -a "$I/pg" "$W/small/pg" && rm -rf "$I/pg" && ln -s "$W/small/pg" "$I/pg"
duban-local start "$I" || bail "start on the small file system"
as u001 report "$T" --status on-track >/dev/null || bail "no report"
dd if=/dev/zero of="$W/small/filler" bs=64k >/dev/null 2>&1
kept=0 done=1
for ((n = 0; n < 400; n++)); do
    head -c 14000 /dev/urandom | base64 -w 0 >"$W/text"
    run as u001 report "$T" --period 2022Q1 --status on-track --text "$(<"$W/text")"
    case $STATUS in
    0) ((++done)) ;;
    3) ((++kept)) ;;
    *) diag "status $STATUS: $ERR" && break ;;
    esac
    ((kept < 3)) || break
done
is "$kept" 3 "with a full disk statements are kept (exit 3)"
like "$(curl -sS -o /dev/null -w '%{http_code}' "$DUBAN_ADMIN_URL/healthz")" '^(200|503)$' "duband is alive"
rm "$W/small/filler"
duban-local start "$I" || bail "start again"
flushed() { as u001 flush >/dev/null 2>&1; }
ok "with room again the outbox is delivered" eventually 60 flushed
is "$(sql "select count(*) from duban.statement s join duban.signing_key k on k.id = s.key_id where k.code = 'u001'")" $((done + kept)) \
    "each statement is stored once ($done acknowledged before, $kept kept)"
run as u001 receipts verify
is "$STATUS" 0 "every receipt verifies"
done_testing
