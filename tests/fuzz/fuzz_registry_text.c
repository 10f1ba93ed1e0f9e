/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry as text: whatever is read is written so that it reads the same again. */
#include <string.h>

#include "client/registry_text.h"
#include "common/mem.h"
#include "fuzz.h"

static void check_objects(const json_t *objects)
{
    struct buf first = {0}, second = {0};
    json_t *again = NULL;
    size_t blanks;
    struct err e = {0};

    registry_text_write(objects, &first);
    bool ok = registry_text_parse("again", first.data ? first.data : "", &again, &blanks, &e);
    FUZZ_CHECK(ok);
    FUZZ_CHECK(blanks == 0);
    registry_text_write(again, &second);
    FUZZ_CHECK(first.len == second.len &&
               (first.len == 0 || memcmp(first.data, second.data, first.len) == 0));
    json_decref(again);
    buf_free(&first);
    buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *objects = NULL;
    size_t blanks;
    struct err e = {0};

    if (size > 65536 || memchr(data, '\0', size))
        return 0;
    char *text = xstrndup((const char *)data, size);
    if (registry_text_parse("fuzz", text, &objects, &blanks, &e))
        check_objects(objects);
    else
        FUZZ_CHECK(err_is(&e, "config") && e.text[0]);
    json_decref(objects);
    free(text);
    return 0;
}
