/* SPDX-License-Identifier: BSD-2-Clause */
/* Receipts as JSON around a C2SP tlog-proof. */
#include "daemon/receive/receipt.h"

#include <string.h>

#include "common/bytes.h"
#include "common/tlog_proof.h"

/* Does one of these eight bytes need an escape: below 0x20, a quotation mark or a backslash? A byte
 * is tested for zero by borrowing from its high bit; bytes of UTF-8 above 0x7f never are. */
static bool plain8(const char *s)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t v, quote, backslash;

    memcpy(&v, s, sizeof v);
    quote = v ^ (ones * '"');
    backslash = v ^ (ones * '\\');
    return (((v - ones * 0x20) | (quote - ones) | (backslash - ones)) & ~v & high) == 0;
}

void receipt_escape(const char *s, size_t n, struct buf *out)
{
    size_t from = 0, i = 0;

    while (i < n) {
        unsigned char c = (unsigned char)s[i];

        if (n - i >= 8 && plain8(s + i)) {
            i += 8;
            continue;
        }
        i++;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(out, s + from, i - 1 - from);
        from = i;
        if (c == '\n')
            buf_add(out, "\\n", 2);
        else
            buf_addf(out, "\\u%04x", c);
    }
    buf_add(out, s + from, n - from);
}

void receipt_write(const struct receipt *r, struct buf *scratch, struct buf *out)
{
    char id[2 * DIGEST_SIZE + 1];

    hex_encode(r->id, DIGEST_SIZE, id);
    buf_addf(out,
             "{\"id\":\"%s\",\"entry\":%llu,\"received\":\"%s\",\"duplicate\":%s,\"outcomes\":", id,
             (unsigned long long)r->entry, r->received, r->duplicate ? "true" : "false");
    buf_add(out, r->outcomes, r->outcomes_len);
    buf_add_str(out, ",\"proof\":\"");
    buf_clear(scratch);
    tlog_proof_format(r->body, r->body_len, r->entry, r->path, r->path_len, r->note, r->note_len,
                      scratch);
    receipt_escape(scratch->data, scratch->len, out);
    buf_add_str(out, "\"}");
}
