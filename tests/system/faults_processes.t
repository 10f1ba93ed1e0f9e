#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Processes of duband killed or stopped under load: the others go on, what died is started again,
# nothing acknowledged is lost. Five deaths of one kind within a minute are a crash loop, in which the
# parent gives up: this test stays below that.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/faults.sh"
instance_start --now "$NOW" --plan "$SAMPLE" --set receivers=2
parent() { cat "$DUBAN_PIDFILE"; }
children() { pgrep -P "$(parent)" | sort -n | tr '\n' ' '; }
role() { # signer | receiver | alerter: its first process, known by what it has open
    local p inode listening=() open is
    mapfile -t listening < <(awk -v port="$(printf ':%04X' "${DUBAN_URL##*:}")" '$4 == "0A" && $2 ~ port "$" { print $10 }' /proc/net/tcp)
    for p in $(children); do
        open=" $(find "/proc/$p/fd" -type l -printf '%l ')"
        is=alerter
        [[ $open == *signer-state* ]] && is=signer
        for inode in "${listening[@]}"; do [[ $open == *"socket:[$inode]"* ]] && is=receiver; done
        [[ $is == "$1" ]] && echo "$p" && return
    done
}
gone() { # PROCESS...
    local p
    for p in "$@"; do ! kill -0 "$p" 2>/dev/null || grep -q '^State:.Z' "/proc/$p/status" || return 1; done
}
complete() { (($(children | wc -w) == 4)); }
load_start u001 u002 u003
for what in receiver signer alerter; do
    p=$(role $what)
    ok "there is a $what" test -n "$p"
    kill -KILL "$p"
    ok "$what killed: all clients go on" progress
    ok "… it was started again" eventually 15 complete
done
for what in receiver signer alerter; do # a process that hangs is as bad as one that died
    p=$(role $what)
    kill -STOP "$p"
    ok "$what stopped (SIGSTOP): duband replaces it" eventually 30 gone "$p"
    ok "… all clients go on" progress
    ok "… and all are there" eventually 15 complete
done
kill -STOP "$(parent)" && sleep 2 && kill -CONT "$(parent)"
ok "the parent stopped for a moment: all clients go on" progress

orphans=$(children)
kill -KILL "$(parent)"
# shellcheck disable=SC2086
ok "the parent killed: its children end" eventually 15 gone $orphans
run duban-local start "$I"
is "$STATUS" 0 "… started again" || diag "$ERR"
ok "… all clients go on" progress
# shellcheck disable=SC2046
kill -KILL $(children)
ok "all children killed at once: all clients go on" progress
ok "… all were started" eventually 15 complete
duban-local kill "$I"
run duban-local start "$I"
is "$STATUS" 0 "everything killed, PostgreSQL too, and started again" || diag "$ERR"
ok "… all clients go on" progress
load_end
stop_clean
done_testing
