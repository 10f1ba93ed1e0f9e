/* SPDX-License-Identifier: BSD-2-Clause */
/* What every unit test of common/ includes: cmocka with the headers that it needs first. */
#ifndef DUBAN_TESTS_UNIT_H
#define DUBAN_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define assert_code(e, wanted) assert_string_equal((e).code, (wanted))
#define LEN(array) (sizeof(array) / sizeof(array)[0])

#endif
