/* SPDX-License-Identifier: BSD-2-Clause */
/* Receipts as JSON around a C2SP tlog-proof. */
#include "daemon/receive/receipt.h"

#include <string.h>

#include "common/bytes.h"
#include "common/text_scan.h"
#include "common/tlog_proof.h"

void receipt_escape(const char *s, size_t n, struct buf *out)
{
    while (n > 0) {
        size_t plain = text_scan_escape(s, n);

        buf_add(out, s, plain);
        if (plain == n)
            return;
        if (s[plain] == '\n')
            buf_add(out, "\\n", 2);
        else
            buf_addf(out, "\\u%04x", (unsigned char)s[plain]);
        s += plain + 1;
        n -= plain + 1;
    }
}

void receipt_write(const struct receipt *r, struct buf *out)
{
    char id[2 * DIGEST_SIZE + 1];

    hex_encode(r->id, DIGEST_SIZE, id);
    buf_add_str(out, "{\"id\":\"");
    buf_add(out, id, sizeof id - 1);
    buf_add_str(out, "\",\"entry\":");
    buf_add_u64(out, r->entry);
    buf_add_str(out, ",\"received\":\"");
    buf_add_str(out, r->received);
    buf_add_str(out, r->duplicate ? "\",\"duplicate\":true" : "\",\"duplicate\":false");
    buf_add_str(out, ",\"outcomes\":");
    buf_add(out, r->outcomes, r->outcomes_len);
    buf_add_str(out, ",\"proof\":\"");
    tlog_proof_format(r->body, r->body_len, r->entry, r->path, r->path_len, r->note, r->note_len,
                      "\\n", out);
    buf_add_str(out, "\"}");
}
