/* SPDX-License-Identifier: BSD-2-Clause */
/* The schema as a table made by tools/sql_to_c.sh. */
#include "daemon/db/schema.h"

#include <string.h>

#include "common/buf.h"
#include "common/bytes.h"
#include "common/digest.h"

static const struct schema_file table[] = {
#include "schema_table.h"
};

const struct schema_file *schema_files(size_t *n)
{
    *n = sizeof table / sizeof table[0];
    return table;
}

static void hex_digest(const void *bytes, size_t n, char out[65])
{
    uint8_t digest[DIGEST_SIZE];

    sha256(bytes, n, digest);
    hex_encode(digest, sizeof digest, out);
}

void schema_checksum(const struct schema_file *f, char out[65])
{
    hex_digest(f->sql, strlen(f->sql), out);
}

void schema_checksum_all(char out[65])
{
    struct buf all = {0};
    char one[65];

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        schema_checksum(&table[i], one);
        buf_addf(&all, "%s %s\n", table[i].name, one);
    }
    hex_digest(all.data, all.len, out);
    buf_free(&all);
}
