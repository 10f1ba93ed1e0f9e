#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Checks a receipt of duban with openssl and coreutils only, nothing of ours.
#
#   check-receipt.sh VKEY RECEIPT [STATEMENT PUBLIC-KEY]
#
# VKEY       verifier key of the log (duban.conf of any client; signed-note form)
# RECEIPT    receipts/<seq>.tlog-proof of a client's HOME
# STATEMENT  sent/<seq>.dsse.json: then its signature is checked too, and that the entry is about it
# PUBLIC-KEY PEM of the department's signing key
set -euo pipefail
(($# == 2 || $# == 4)) || { sed -n '3,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
vkey=${1%% *} receipt=$2
w=$(mktemp -d)
trap 'rm -rf -- "$w"' EXIT
unhex() { # hex digits to bytes, without xxd
    local hex=$1 text='' i
    for ((i = 0; i < ${#hex}; i += 2)); do text+="\\x${hex:i:2}"; done
    # shellcheck disable=SC2059
    printf "$text"
}

# the log's public key: 32 bytes behind the type byte 1, in an Ed25519 SubjectPublicKeyInfo
number=${vkey#*+} # name+number+key: the key itself may hold a +
base64 -d <<<"${number#*+}" | tail -c 32 >"$w/raw"
{ unhex 302a300506032b6570032100 && cat "$w/raw"; } >"$w/log.der"
openssl pkey -pubin -inform DER -in "$w/log.der" -out "$w/log.pem"

# the checkpoint stands behind the first empty line: text, empty line, signature lines
sed '1,/^$/d' "$receipt" >"$w/note"
sed '/^$/,$d' "$w/note" >"$w/text"
origin=${vkey%%+*}
sed -n 's/^— //p' "$w/note" | while IFS=' ' read -r name signature; do
    [[ $name == "$origin" ]] && base64 -d <<<"$signature" | tail -c 64 >"$w/sig"
done
echo "signed head of the log: $(sed -n 1p "$w/text"), $(sed -n 2p "$w/text") entries, root $(sed -n 3p "$w/text")"
echo -n "openssl, the log's signature: "
openssl pkeyutl -verify -pubin -inkey "$w/log.pem" -rawin -in "$w/text" -sigfile "$w/sig"

# the entry is in the receipt itself
sed -n 's/^extra //p' "$receipt" | base64 -d >"$w/entry"
echo "the entry: $(sed -n 's/^received /received /p' "$w/entry"), leaf hash $({ printf '\0' && cat "$w/entry"; } | sha256sum | cut -c 1-64)"
(($# == 4)) || exit 0

# DSSE: the signature is over "DSSEv1 len(type) type len(payload) payload"
member() { grep -o "\"$1\": *\"[^\"]*\"" "$2" | head -n 1 | sed 's/.*: *"\(.*\)"/\1/'; }
member payload "$3" | tr -- '-_' '+/' | base64 -d >"$w/payload"
member sig "$3" | tr -- '-_' '+/' | base64 -d >"$w/statement.sig"
type=$(member payloadType "$3")
{ printf 'DSSEv1 %d %s %d ' "${#type}" "$type" "$(stat -c %s "$w/payload")" && cat "$w/payload"; } >"$w/pae"
echo -n "openssl, the department's signature: "
if openssl pkey -pubin -in "$4" -noout -text | grep -qi ed25519; then
    openssl pkeyutl -verify -pubin -inkey "$4" -rawin -in "$w/pae" -sigfile "$w/statement.sig"
else
    openssl dgst -sha256 -verify "$4" -signature "$w/statement.sig" "$w/pae"
fi
digest=$(sha256sum <"$w/pae" | cut -c 1-64)
grep -qx "pae-sha256 $digest" "$w/entry" || { echo "the entry is about another statement" >&2; exit 4; }
echo "the entry names this very statement: $digest"
