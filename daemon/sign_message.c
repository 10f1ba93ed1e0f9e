/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers travel in host byte order: both ends are processes of one machine and one binary. */
#include "daemon/sign_message.h"

#include <string.h>

#include "daemon/link.h"

struct wire_request {
    uint64_t old_size, new_size;
    uint8_t root[DIGEST_SIZE];
};

struct wire_answer {
    uint64_t old_size, new_size;
    uint64_t a, b; /* HEAD: size; NEED: from, to; REFUSED: refusal */
};

bool sign_request_encode(const struct sign_request *r, struct buf *out)
{
    struct wire_request w = {r->old_size, r->new_size, {0}};

    if (r->new_size < r->old_size || r->new_size - r->old_size > SIGN_LEAVES_MAX)
        return false;
    memcpy(w.root, r->root, DIGEST_SIZE);
    return buf_add(out, &w, sizeof(w)) &&
           buf_add(out, r->leaves, (size_t)(r->new_size - r->old_size) * DIGEST_SIZE);
}

bool sign_request_decode(const uint8_t *data, size_t n, struct sign_request *out)
{
    struct wire_request w;

    if (n < sizeof(w))
        return false;
    memcpy(&w, data, sizeof(w));
    if (w.new_size < w.old_size || w.new_size - w.old_size > SIGN_LEAVES_MAX ||
        w.new_size > INT64_MAX || n - sizeof(w) != (w.new_size - w.old_size) * DIGEST_SIZE)
        return false;
    out->old_size = w.old_size;
    out->new_size = w.new_size;
    memcpy(out->root, w.root, DIGEST_SIZE);
    out->leaves = (const uint8_t(*)[DIGEST_SIZE])(data + sizeof(w));
    return true;
}

bool sign_answer_encode(unsigned type, const struct sign_answer *a, struct buf *out)
{
    struct wire_answer w = {.old_size = a->old_size, .new_size = a->new_size};

    switch (type) {
    case LINK_HEAD:
        w.a = a->size;
        return a->note_len <= SIGN_NOTE_MAX && buf_add(out, &w, sizeof(w)) &&
               buf_add(out, a->note, a->note_len);
    case LINK_NEED:
        w.a = a->from;
        w.b = a->to;
        return buf_add(out, &w, sizeof(w));
    case LINK_REFUSED:
        w.a = (uint64_t)a->refusal;
        return buf_add(out, &w, sizeof(w));
    default:
        return false;
    }
}

bool sign_answer_decode(unsigned type, const uint8_t *data, size_t n, struct sign_answer *out)
{
    struct wire_answer w;

    if (n < sizeof(w) || n - sizeof(w) > SIGN_NOTE_MAX)
        return false;
    memcpy(&w, data, sizeof(w));
    *out = (struct sign_answer){.old_size = w.old_size, .new_size = w.new_size};
    switch (type) {
    case LINK_HEAD:
        out->size = w.a;
        out->note = (const char *)data + sizeof(w);
        out->note_len = n - sizeof(w);
        return true;
    case LINK_NEED:
        out->from = w.a;
        out->to = w.b;
        return n == sizeof(w);
    case LINK_REFUSED:
        out->refusal = (enum sign_refusal)w.a;
        return n == sizeof(w) && w.a >= SIGN_REFUSED_FORM && w.a <= SIGN_REFUSED_STATE;
    default:
        return false;
    }
}
