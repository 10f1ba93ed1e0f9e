/* SPDX-License-Identifier: BSD-2-Clause */
/* Every statement comes in an envelope, and nearly every envelope is spelt the same way; reading it
 * by jansson costs more than everything else before the signature check. This scanner knows that
 * one spelling and gives up on any other, so it decides nothing by itself. */
#include "common/dsse_scan.h"

#include <string.h>

#include "common/text_scan.h"

struct scan {
    const char *at, *end;
};

static void skip_space(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
        s->at++;
}

static bool take(struct scan *s, char c)
{
    skip_space(s);
    if (s->at >= s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static bool take_string(struct scan *s, struct dsse_text *out)
{
    if (!take(s, '"'))
        return false;
    const char *close = memchr(s->at, '"', (size_t)(s->end - s->at));
    if (!close)
        return false;
    *out = (struct dsse_text){s->at, (size_t)(close - s->at)};
    if (text_scan_kinds(out->s, out->n) != 0)
        return false;
    s->at = close + 1;
    return true;
}

static bool is(struct dsse_text t, const char *name)
{
    return t.n == strlen(name) && memcmp(t.s, name, t.n) == 0;
}

/* `"name":`, where the name belongs to a member that has not been seen. */
static bool take_name(struct scan *s, struct dsse_text *name)
{
    return take_string(s, name) && take(s, ':');
}

static bool take_once(struct scan *s, struct dsse_text *out)
{
    return !out->s && take_string(s, out);
}

static bool take_signatures(struct scan *s, struct dsse_members *m)
{
    struct dsse_text name;

    if (m->keyid.s || m->sig.s || !take(s, '[') || !take(s, '{'))
        return false;
    for (int i = 0; i < 2; i++) {
        if ((i && !take(s, ',')) || !take_name(s, &name))
            return false;
        if (is(name, "keyid") ? !take_once(s, &m->keyid)
                              : !is(name, "sig") || !take_once(s, &m->sig))
            return false;
    }
    return take(s, '}') && take(s, ']');
}

bool dsse_scan(const char *json, size_t n, struct dsse_members *m)
{
    struct scan s = {json, json + n};
    struct dsse_text name;
    bool ok = take(&s, '{');

    memset(m, 0, sizeof *m);
    for (int i = 0; ok && i < 3; i++) {
        ok = (!i || take(&s, ',')) && take_name(&s, &name);
        if (ok && is(name, "payloadType"))
            ok = take_once(&s, &m->type);
        else if (ok && is(name, "payload"))
            ok = take_once(&s, &m->payload);
        else
            ok = ok && is(name, "signatures") && take_signatures(&s, m);
    }
    ok = ok && take(&s, '}');
    skip_space(&s);
    /* three members, none twice: all three are there */
    return ok && s.at == s.end;
}
