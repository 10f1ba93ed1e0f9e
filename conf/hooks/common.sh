# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What the hooks share. A hook is a program in hook-dir named like its spool channel; duban runs it with
# the message's file. It ends with 0: delivered · 65: message refused for good · 67: address refused for good ·
# anything else: again later. What it prints is kept with the attempt: never a secret.
# Its settings are lines NAME=VALUE in hook-dir/CHANNEL.conf (mode 0600); they are read, not run.
set -uo pipefail
conf=$DUBAN_HOOK_DIR/$DUBAN_CHANNEL.conf

die() { # STATUS TEXT
    printf '%s\n' "$2"
    exit "$1"
}
setting() { # NAME DEFAULT
    local value
    value=$(sed -n "s/^$1=//p" "$conf" 2>/dev/null | tail -n 1)
    printf '%s' "${value:-$2}"
}
need() { # NAME: a setting that must be there, in $value
    value=$(setting "$1" '')
    [[ -n $value ]] || die 78 "$1 is missing in $DUBAN_CHANNEL.conf"
}
message() { # JQ-FILTER: of the file
    jq -r "$1" "$file"
}
cut_bytes() { # MAX: standard input, cut between characters
    head -c "$1" | iconv -c -f UTF-8 -t UTF-8
}
# POST of standard input as JSON: the answer in $answer. Address and headers go to curl by a file
# descriptor, so that no list of processes shows them.
post() { # URL [HEADER...]
    local url=$1 body
    shift
    body=$(cat)
    answer=$(curl --silent --show-error --max-time "$(setting timeout 20)" --proto '=https,http' --noproxy '*' \
        --data-binary @- --config <(
            printf 'url = "%s"\nheader = "Content-Type: application/json"\n' "$url"
            for h in "$@"; do printf 'header = "%s"\n' "$h"; done
            ca=$(setting ca '')
            [[ -z $ca ]] || printf 'cacert = "%s"\n' "$ca"
        ) --write-out '\n%{http_code}' <<<"$body" 2>/dev/null) || die 75 "no answer (curl $?)"
    status=${answer##*$'\n'}
    answer=${answer%$'\n'*}
    [[ $status == 2?? ]] || die 75 "HTTP $status"
}
file=$1
[[ -r $file ]] || die 75 "no file"
for tool in jq curl openssl; do command -v "$tool" >/dev/null || die 75 "$tool is not installed"; done
