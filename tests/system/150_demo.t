#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The demo runs to its end in English and in Chinese, is plain when piped, and leaves nothing.
. "$(dirname "$0")/lib.sh"
for lang in en zh; do
    mkdir "$W/$lang"
    chmod 755 "$W/$lang"
    if [[ $lang == zh ]]; then locale=zh_CN.UTF-8; else locale=C.UTF-8; fi
    start=$SECONDS
    run env -u LC_ALL LANG=$locale TMPDIR="$W/$lang" "$SOURCE/examples/demo.sh"
    is "$STATUS" 0 "$lang: exit 0" || diag "$(tail -n 20 <<<"$OUT$ERR")"
    diag "$lang: $((SECONDS - start)) s, $(wc -l <<<"$OUT") lines"
    ok "$lang: within two minutes" test $((SECONDS - start)) -le 120
    unlike "$OUT" $'\e' "$lang: no colours when piped"
    like "$OUT" '^\$ duban --home' "$lang: commands are shown"
    like "$OUT" 'Signature Verified Successfully' "$lang: openssl verified"
    like "$OUT" 'Verified OK' "$lang: … and the department's signature"
    is "$(find "$W/$lang" -mindepth 1 -maxdepth 1 -name 'duban-demo*' | wc -l)" 0 "$lang: nothing is left"
    is "$ERR" '' "$lang: nothing on standard error"
    printf '%s\n' "$OUT" >"$W/$lang.out"
done
like "$(<"$W/zh.out")" '督查室查询' "the story is told in Chinese"
is "$(pgrep -f "$W/[e]n|$W/[z]h" | wc -l)" 0 "no process is left"
done_testing
