/* SPDX-License-Identifier: BSD-2-Clause */
/* Words that name a field: 牵头单位：, 完成时限：, "Lead department:", and the heads of table
 * columns. */
#ifndef DUBAN_PLAN_LABELS_H
#define DUBAN_PLAN_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/text.h"

enum label_role {
    LABEL_NONE,
    LABEL_LEADER,   /* 牵头领导, 分管领导, 责任人 */
    LABEL_LEAD,     /* 牵头单位, 主办单位 */
    LABEL_RESP,     /* 责任单位, 承办单位: the lead when no lead is named */
    LABEL_UNITS,    /* 配合单位, 参与部门, 协办单位 */
    LABEL_DEADLINE, /* 完成时限 */
    LABEL_NO,       /* 序号 */
    LABEL_TEXT,     /* 任务事项, 指标 */
    LABEL_DETAIL,   /* 具体措施, 工作内容 */
    LABEL_CATEGORY, /* 类别 */
    LABEL_TARGET,   /* 目标值 */
    LABEL_BASELINE, /* 基期值 */
    LABEL_ANNUAL,   /* 年均增速 */
    LABEL_NATURE,   /* 属性 */
    LABEL_MEASURE,  /* 计量单位 */
    LABEL_RESULT,   /* 完成情况: what was reached, not what is asked */
    LABEL_OTHER     /* 备注 */
};

/* Role of a column head or of the words before a colon: f[a..b). */
enum label_role label_role(const struct text *t, size_t a, size_t b);
/* A label of an owner field (leader, lead, responsible, units, deadline) or of a text field at
 * f[i..b), with its colon: length and role. start: nothing but a separator is before i, so the
 * colon may be missing. 0 when there is none. */
size_t label_at(const struct text *t, size_t i, size_t b, bool start, enum label_role *role);
/* True when the whole of f[a..b) is a label of an owner field, as in 【牵头单位】. */
bool label_whole(const struct text *t, size_t a, size_t b, enum label_role *role);
static inline bool label_is_owner(enum label_role role)
{
    return role >= LABEL_LEADER && role <= LABEL_DEADLINE;
}

#endif
