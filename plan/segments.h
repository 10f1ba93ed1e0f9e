/* SPDX-License-Identifier: BSD-2-Clause */
/* From lines to segments: which numbering is believed, and which lines belong to it. */
#ifndef DUBAN_PLAN_SEGMENTS_H
#define DUBAN_PLAN_SEGMENTS_H

#include "plan/parse.h"

/* Fills segments, line_segment and tables of the parse. */
void segments_build(struct parse *p);
/* Text of the segments s..e-1: their lines joined, '\n' between them unless a line was only
 * wrapped; without the number of the first. */
struct text segments_text(struct parse *p, size_t s, size_t e);
/* The heading that a segment is, as printed, with its number. */
const char *segments_title(struct parse *p, size_t s);
/* Headings above segment s that are no items, outermost first; headings that only repeat the
 * title of the plan are left out. */
struct plan_names segments_path(struct parse *p, size_t s);
/* Does a heading only repeat (a part of) the plan's title? */
bool segments_repeats_title(const struct parse *p, const char *heading);
/* Segments whose paragraphs are items of their own become one segment per paragraph. */
void segments_split_paragraphs(struct parse *p);
/* Sets owned of each segment. */
void segments_find_owners(struct parse *p);

#endif
