/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables that say which members a JSON object must and may have; one checker for all payloads. */
#ifndef DUBAN_SHAPE_H
#define DUBAN_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum shape_type {
    SHAPE_STRING,  /* min–max characters, no control characters */
    SHAPE_TEXT,    /* the same, but newlines and tabs may be in it */
    SHAPE_INTEGER, /* min–max */
    SHAPE_BOOLEAN,
    SHAPE_WORD,    /* one of words */
    SHAPE_MATCH,   /* a string of at most max characters for which match says yes */
    SHAPE_MEASURE, /* min–max, or a string for which match says yes */
    SHAPE_LIST,    /* array of min–max elements of type `element`, which has no name */
    SHAPE_OBJECTS, /* array of min–max objects with these members */
    SHAPE_OBJECT,  /* one object with these members */
    SHAPE_ANY      /* left to the reader of the kind */
};

/* One member; a table of them ends with a name of NULL. */
struct shape {
    const char *name;
    enum shape_type type;
    bool optional;
    int64_t min, max;
    const char *const *words;    /* SHAPE_WORD: NULL-terminated */
    bool (*match)(const char *); /* SHAPE_MATCH */
    const char *wanted; /* SHAPE_MATCH, _MEASURE: said when it does not match, in English */
    const struct shape *members; /* SHAPE_OBJECT(S), or SHAPE_LIST: the one element */
};

/* Where a value stands, for messages: a list from the inside out, on the stack of the checkers. */
struct place {
    const struct place *up; /* NULL: the payload itself */
    const char *name;
    size_t index; /* SIZE_MAX: not an element of an array */
};

/* Checks that obj is an object with these members and no others. Error "schema" names the place.
 * An object with dates `from` and `to` must have them in this order. */
bool shape_check(const json_t *obj, const struct shape *members, const struct place *at,
                 struct err *e);
/* Error "schema" at this place (with member, when not NULL); returns false. */
bool shape_error(const struct place *at, const char *member, const char *what, struct err *e);

/* Matchers for tables. */
bool shape_is_code(const char *s);    /* [a-z0-9-]{1,32} */
bool shape_is_hex(const char *s);     /* a SHA-256 as 64 lower-case digits */
bool shape_is_instant(const char *s); /* RFC 3339 */
bool shape_is_clock(const char *s);   /* HH:MM */
bool shape_is_uuid(const char *s);    /* RFC 9562 */
bool shape_is_nonce(const char *s);   /* 16–64 base64url characters */

#define SHAPE_END                                                                                  \
    {                                                                                              \
        .name = NULL                                                                               \
    }

#endif
