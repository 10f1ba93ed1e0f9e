/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables that were copied from a web page one cell a line. */
#ifndef DUBAN_PLAN_VERTICAL_H
#define DUBAN_PLAN_VERTICAL_H

#include "plan/text.h"

/* Finds runs of column heads, one a line (序号, 任务, 责任单位 …), with numbered rows below, and
 * makes rows of them: line ends between the cells of a row become '|'. Changes the folded text
 * only, byte for byte. */
void vertical_join(struct text *t);

#endif
