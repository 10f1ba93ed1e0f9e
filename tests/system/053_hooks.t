#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The hooks of conf/hooks against a local server: what they send, how they sign, what they make of answers.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/channels.sh"
certificates "$W/pki"
sink https https_sink.py --cert "$W/pki/sink.pem" --key "$W/pki/sink.key"
base=https://127.0.0.1:$SINK_PORT
mkdir "$W/hooks"
cp "$SOURCE"/conf/hooks/*.sh "$W/hooks"
for h in wecom dingtalk sms; do ln -s "$h.sh" "$W/hooks/$h"; done
cat >"$W/message.json" <<'EOF2'
{"type":"duban.alert","delivery":"0123456789abcdef0123456789abcdef","timestamp":"2022-04-08T09:31:00.000000Z",
 "subject":"【催办】市发改委 p1/15 2022Q1 逾期未报送 \"引号\"","text":"以下 1 项：\n1. 催办〔2022〕5号\n",
 "data":{"post":"office","to":{"name":"甲","phone":"+86 138-0000-0000"},"count":1}}
EOF2
printf 'key=robot-key\nurl=%s/wecom\nca=%s\n' "$base" "$W/pki/ca.pem" >"$W/hooks/wecom.conf"
printf 'token=robot-token\nsecret=SECabc/+=\nurl=%s/ding\nca=%s\n' "$base" "$W/pki/ca.pem" >"$W/hooks/dingtalk.conf"
printf 'url=%s/sms\nsecret=s3cret\ntoken=t0ken\nlength=10\nca=%s\n' "$base" "$W/pki/ca.pem" >"$W/hooks/sms.conf"
hook() { # NAME: as duban runs it
    run env -i PATH=/usr/local/bin:/usr/bin:/bin LC_ALL=C.UTF-8 DUBAN_HOOK_DIR="$W/hooks" DUBAN_CHANNEL="$1" DUBAN_POST=office \
        DUBAN_ATTEMPT=1 DUBAN_DELIVERY=0123456789abcdef0123456789abcdef "$W/hooks/$1" "$W/message.json"
}
last() { tail -n 1 "$W/https/requests" | jq -r "$1"; }
mode https 'body {"errcode":0,"errmsg":"ok"}'
hook wecom
is "$STATUS" 0 "WeCom: taken"
is "$(last .path)" "/wecom?key=robot-key" "with the robot's key"
like "$(last '.body | fromjson | .text.content')" '^【催办】市发改委.*"引号"' "the subject, then the text"
is "$(last '.body | fromjson | .msgtype')" text "as a text"
mode https 'body {"errcode":45009,"errmsg":"api freq out of limit"}'
hook wecom
is "$STATUS $OUT" "75 errcode 45009" "too many: again later"
mode https 'body {"errcode":40008,"errmsg":"invalid message type"}'
hook wecom
is "$STATUS" 65 "refused: never"
mode https 500
hook wecom
is "$STATUS $OUT" "75 HTTP 500" "a server error: again later"
mode https 'body {"errcode":0}'
hook dingtalk
is "$STATUS" 0 "DingTalk: taken"
path=$(last .path)
stamp=$(sed -n 's/.*timestamp=\([0-9]*\).*/\1/p' <<<"$path")
sign=$(sed -n 's/.*sign=\([^&]*\).*/\1/p' <<<"$path")
like "$path" "access_token=robot-token" "with its token"
want=$(printf '%s\n%s' "$stamp" "SECabc/+=" | openssl dgst -sha256 -hmac "SECabc/+=" -binary | base64)
is "$("$PYTHON" -c 'import sys, urllib.parse; print(urllib.parse.unquote(sys.argv[1]))' "$sign")" "$want" "signed as their documentation says"
unlike "$sign" '[+/=]' "and percent-encoded"
ok "the stamp is in milliseconds, now" test "${stamp:0:8}" = "$(date +%s | cut -c 1-8)"
mode https 'body {"errcode":310000,"errmsg":"sign not match"}'
hook dingtalk
is "$STATUS $OUT" "75 errcode 310000" "a wrong signature is ours to mend"
mode https 200
hook sms
is "$STATUS" 0 "SMS: taken"
is "$(last '.body | fromjson | .phone')" "+8613800000000" "to the contact's telephone"
is "$(last '.body | fromjson | .text | length')" 10 "no longer than allowed"
is "$(last '.body | fromjson | .id')" 0123456789abcdef0123456789abcdef "with the delivery's id"
is "$(last '.headers."x-signature"')" "$(last .body | tr -d '\n' | openssl dgst -sha256 -hmac s3cret | sed 's/.* //')" "signed"
is "$(last '.headers.authorization')" "Bearer t0ken" "with a token"
jq 'del(.data.to.phone)' "$W/message.json" >"$W/nobody.json" && mv "$W/nobody.json" "$W/message.json"
hook sms
is "$STATUS" 67 "nobody to call: never"
: >"$W/hooks/wecom.conf"
hook wecom
is "$STATUS" 78 "a setting is missing: it says so"
like "$OUT" "key is missing in wecom.conf" "… and which"
unlike "$OUT" robot "no secret in what they say"
done_testing
