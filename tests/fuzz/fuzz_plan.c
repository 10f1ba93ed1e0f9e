/* SPDX-License-Identifier: BSD-2-Clause */
/* The plan importer on any bytes: whatever is read, every item has a text and a number of its own
 * and the whole can be printed. */
#include <string.h>

#include "fuzz.h"
#include "plan/json.h"
#include "plan/registry_names.h"

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_items(const struct plan *p)
{
    const char **numbers = calloc(p->items_len + 1, sizeof(*numbers));

    FUZZ_CHECK(numbers != NULL);
    for (size_t k = 0; k < p->items_len; k++) {
        FUZZ_CHECK(p->items[k].text != NULL);
        FUZZ_CHECK(p->items[k].number != NULL && *p->items[k].number != '\0');
        numbers[k] = p->items[k].number;
    }
    qsort(numbers, p->items_len, sizeof(*numbers), by_text);
    for (size_t k = 1; k < p->items_len; k++)
        FUZZ_CHECK(strcmp(numbers[k - 1], numbers[k]) != 0);
    free(numbers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {{0}, {0}};
    struct plan *p = plan_parse((const char *)data, size, &e);
    struct registry_names *names;
    struct buf out = {0};

    if (p == NULL) {
        FUZZ_CHECK(e.code[0] && e.text[0]);
        return 0;
    }
    check_items(p);
    names = registry_names_new(p);
    registry_names_free(&names);
    FUZZ_CHECK(plan_json_write(p, &out) || out.full);
    free(plan_warnings_grouped(p));
    buf_free(&out);
    plan_free(&p);
    return 0;
}
