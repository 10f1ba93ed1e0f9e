#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Hook for a WeCom (企业微信) group robot. hook-dir/CHANNEL.conf:
#   key=…            the robot's key
#   url=…            default https://qyapi.weixin.qq.com/cgi-bin/webhook/send
# A text has at most 2,048 bytes; 20 messages a minute: more are put off (errcode 45009).
# shellcheck source=common.sh
. "$DUBAN_HOOK_DIR/common.sh"
need key
url="$(setting url https://qyapi.weixin.qq.com/cgi-bin/webhook/send)?key=$value"
text=$(message '.subject + "\n" + .text' | cut_bytes 2048)
post "$url" < <(jq -n --arg t "$text" '{msgtype: "text", text: {content: $t}}')
code=$(jq -r '.errcode // "none"' <<<"$answer" 2>/dev/null)
case $code in
    0) exit 0 ;;
    40008 | 40035 | 45002) die 65 "errcode $code: the message is refused" ;;
    *) die 75 "errcode $code" ;;
esac
