/* SPDX-License-Identifier: BSD-2-Clause */
/* The plan importer on any bytes: whatever is read, every item has a text and a number of its own
 * and the whole can be printed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/json.h"
#include "plan/plan.h"
#include "plan/registry_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_items(const struct plan *p)
{
    const char **numbers = calloc(p->items_len + 1, sizeof(*numbers));

    if (numbers == NULL)
        return;
    for (size_t k = 0; k < p->items_len; k++) {
        if (p->items[k].text == NULL || p->items[k].number == NULL || *p->items[k].number == '\0')
            abort();
        numbers[k] = p->items[k].number;
    }
    qsort(numbers, p->items_len, sizeof(*numbers), by_text);
    for (size_t k = 1; k < p->items_len; k++)
        if (strcmp(numbers[k - 1], numbers[k]) == 0)
            abort();
    free(numbers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {{0}, {0}};
    struct plan *p = plan_parse((const char *)data, size, &e);
    struct registry_names *names;
    struct buf out = {0};

    if (p == NULL)
        return 0;
    check_items(p);
    names = registry_names_new(p);
    registry_names_free(&names);
    if (!plan_json_write(p, &out) && !out.full)
        abort();
    free(plan_warnings_grouped(p));
    buf_free(&out);
    plan_free(&p);
    return 0;
}
