#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Hook for a DingTalk (钉钉) custom robot with signature. hook-dir/CHANNEL.conf:
#   token=…          access_token of the robot
#   secret=SEC…      its signing secret
#   url=…            default https://oapi.dingtalk.com/robot/send
# sign = percent-encoded base64 of HMAC-SHA-256(key = secret, text = timestamp in ms, LF, secret).
# 20 messages a minute: more are put off (errcode 130101).
# shellcheck source=common.sh
. "$DUBAN_HOOK_DIR/common.sh"
need token
token=$value
need secret
secret=$value
stamp=$(date +%s%3N)
# the key goes by environment of one short-lived program, not by its arguments
sign=$(printf '%s\n%s' "$stamp" "$secret" | SECRET=$secret perl -MDigest::SHA=hmac_sha256 -MMIME::Base64 \
    -0777 -ne 'my $s = encode_base64(hmac_sha256($_, $ENV{SECRET}), ""); $s =~ s/([^A-Za-z0-9_.~-])/sprintf "%%%02X", ord $1/ge; print $s')
[[ -n $sign ]] || die 75 "perl with Digest::SHA is not installed"
url="$(setting url https://oapi.dingtalk.com/robot/send)?access_token=$token&timestamp=$stamp&sign=$sign"
text=$(message '.subject + "\n" + .text' | cut_bytes 15000)
post "$url" < <(jq -n --arg t "$text" '{msgtype: "text", text: {content: $t}}')
code=$(jq -r '.errcode // "none"' <<<"$answer" 2>/dev/null)
[[ $code == 0 ]] || die 75 "errcode $code"
