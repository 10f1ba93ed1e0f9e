#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Hook for an SMS gateway that takes JSON by HTTP. hook-dir/CHANNEL.conf:
#   url=…            of the gateway
#   secret=…         HMAC-SHA-256 of the body, in hex, goes into X-Signature; empty: no signature
#   token=…          Authorization: Bearer …; empty: none
#   length=…         characters of a text (200)
# Body: {"id","phone","text"}; id is the same for each attempt. An answer 2xx means taken.
# shellcheck source=common.sh
. "$DUBAN_HOOK_DIR/common.sh"
need url
url=$value
phone=$(message '.data.to.phone // ""')
[[ -n $phone ]] || die 67 "the post's contact has no telephone number"
[[ $phone =~ ^[0-9+\ ()-]{3,30}$ ]] || die 67 "not a telephone number"
length=$(setting length 200)
body=$(jq -c --arg p "${phone//[^0-9+]/}" --argjson n "$length" '{id: .delivery, phone: $p, text: (.subject[0:$n])}' "$file")
headers=()
secret=$(setting secret '')
if [[ -n $secret ]]; then
    headers+=("X-Signature: $(printf '%s' "$body" | SECRET=$secret perl -MDigest::SHA=hmac_sha256_hex -0777 -ne 'print hmac_sha256_hex($_, $ENV{SECRET})')")
fi
token=$(setting token '')
[[ -z $token ]] || headers+=("Authorization: Bearer $token")
post "$url" "${headers[@]}" < <(printf '%s' "$body")
