/* SPDX-License-Identifier: BSD-2-Clause */
/* The schema that this daemon was built with: sql/schema/NNN_….sql, compiled in, forward only. */
#ifndef DUBAN_DB_SCHEMA_H
#define DUBAN_DB_SCHEMA_H

#include <stddef.h>

struct schema_file {
    const char *name, *sql;
};

/* In the order in which they are applied. */
const struct schema_file *schema_files(size_t *n);
/* SHA-256 of one file, 64 hexadecimal digits and a NUL. */
void schema_checksum(const struct schema_file *f, char out[65]);
/* The same over "name checksum\n" of every file: what entry 0 records. */
void schema_checksum_all(char out[65]);

#endif
