/* SPDX-License-Identifier: BSD-2-Clause */
/* The sheet: out to a spreadsheet program and back. */
#include "unit.h"

#include <unistd.h>

#include "client/app.h"
#include "client/csv.h"
#include "client/sheet.h"

static const char HEADER[] = "task,period,status,progress,text,values,next_by,evidence\r\n";

static struct sheet *read_text(const char *text)
{
    struct sheet *s = NULL;
    struct err e = {0};

    if (!sheet_read(text, strlen(text), "/tmp", &s, &e))
        fail_msg("%s: %s", e.code, e.text);
    return s;
}

static struct sheet *read_rows(const char *rows)
{
    char text[8192];

    snprintf(text, sizeof text, "%s%s", HEADER, rows);
    return read_text(text);
}

static const char *member(const struct sheet *s, size_t i, const char *name)
{
    return app_str(json_array_get(s->reports, i), name);
}

static void test_good_rows(void **state)
{
    struct sheet *s =
        read_rows("p1/15-10,2022Q1,on-track,60,\"逗号, 引号\"\" 和\n换行\",投资=5.5亿元;数量=3,"
                  "2022-04-20,\r\np1/2,2022Q1,正常推进,,,,,\r\np1/3,2022Q1,,,,,,\r\n");

    assert_int_equal(s->faults_len, 0);
    assert_int_equal(json_array_size(s->reports), 2);
    assert_string_equal(member(s, 0, "task"), "p1/15-10");
    assert_string_equal(member(s, 0, "text"), "逗号, 引号\" 和\n换行");
    assert_int_equal(app_int(json_array_get(s->reports, 0), "progress", -1), 60);
    const json_t *values = json_object_get(json_array_get(s->reports, 0), "values");
    assert_string_equal(app_str(json_array_get(values, 0), "name"), "投资");
    assert_string_equal(app_str(json_array_get(values, 0), "value"), "5.5");
    assert_string_equal(app_str(json_array_get(values, 0), "unit"), "亿元");
    assert_string_equal(app_str(json_array_get(values, 1), "value"), "3");
    assert_string_equal(member(s, 1, "status"), "on-track");
    assert_int_equal(s->empty_len, 1);
    assert_string_equal(s->empty[0], "p1/3 2022Q1");
    sheet_free(&s);
    (void)state;
}

static void test_five_wrong_cells(void **state)
{
    struct sheet *s = read_rows("p1/1,2022Q1,sleepy,10,,,,\r\n"
                                "p1/2,2022Q1,on-track,101,,,,\r\n"
                                "p1/3,2022Q1,on-track,,,\"x=5,5\",31.12.2022,\r\n"
                                "p1/4,2022Q1,,50,,,,\r\n"
                                "p1/5,2022Q1,on-track,5,,,,\r\n");
    static const struct {
        size_t row;
        const char *cell, *column;
    } want[] = {{2, "C2", "status"},
                {3, "D3", "progress"},
                {4, "F4", "values"},
                {4, "G4", "next_by"},
                {5, "C5", "status"}};

    assert_int_equal(s->faults_len, LEN(want));
    for (size_t i = 0; i < LEN(want); i++) {
        assert_int_equal(s->faults[i].row, want[i].row);
        assert_string_equal(s->faults[i].cell, want[i].cell);
        assert_string_equal(s->faults[i].column, want[i].column);
        assert_true(*s->faults[i].text);
    }
    assert_int_equal(s->bad_rows, 4);
    assert_int_equal(json_array_size(s->reports), 1); /* what --good-rows sends */
    sheet_free(&s);
    (void)state;
}

static void test_other_faults(void **state)
{
    struct sheet *s =
        read_rows("15-10,2022Q1,done,,,,,\r\n" /* no plan */
                  "p1/1,sometime,done,,,,,\r\n"
                  "p1/2,2022Q1,done,,,,,/nowhere/at/all.pdf\r\n"
                  "p1/3,2022Q1,done,,,,,\r\np1/3,2022Q1,done,,,,,\r\n"
                  "p1/4,2022Q1,done,-1,,,,\r\np1/5,2022Q1,done,1.5,,=5,2022-02-30,\r\n");

    assert_int_equal(s->faults_len, 8);
    assert_string_equal(s->faults[0].cell, "A2");
    assert_string_equal(s->faults[1].cell, "B3");
    assert_string_equal(s->faults[2].cell, "H4");
    assert_non_null(strstr(s->faults[2].text, "/nowhere/at/all.pdf"));
    assert_string_equal(s->faults[3].cell, "A6"); /* the second of two rows for one report */
    assert_int_equal(json_array_size(s->reports), 1);
    sheet_free(&s);
    (void)state;
}

static void test_what_spreadsheets_do(void **state)
{
    struct sheet *s =
        read_rows("p1/1,Mar-22,done,60%,,,2022/4/8,\r\np1/2,2022年3月,done,60.00%,,a=1；b=2,"
                  "2022年4月8日,\r\n");

    assert_int_equal(s->faults_len, 0);
    assert_string_equal(member(s, 0, "period"), "2022-03");
    assert_string_equal(member(s, 1, "period"), "2022-03");
    assert_string_equal(member(s, 0, "next_by"), "2022-04-08");
    assert_string_equal(member(s, 1, "next_by"), "2022-04-08");
    assert_int_equal(app_int(json_array_get(s->reports, 1), "progress", -1), 60);
    assert_int_equal(json_array_size(json_object_get(json_array_get(s->reports, 1), "values")), 2);
    sheet_free(&s);
    (void)state;
}

static void test_columns_by_name(void **state)
{
    struct sheet *s = read_text("备注,进度,状态,报送期,任务\n我的,7,受阻,2022Q1,p1/9\n");

    assert_int_equal(json_array_size(s->reports), 1);
    assert_string_equal(member(s, 0, "task"), "p1/9");
    assert_string_equal(member(s, 0, "status"), "blocked");
    sheet_free(&s);
    s = read_text("task;period;status\np1/9;2022Q1;done\n");
    assert_int_equal(json_array_size(s->reports), 1);
    sheet_free(&s);
    (void)state;
}

static void test_header_faults(void **state)
{
    struct sheet *s = NULL;
    struct err e = {0};
    static const char *const texts[] = {"", "task,status\np1/1,done\n",
                                        "task,period,status,status\np1/1,2022Q1,done,done\n"};

    for (size_t i = 0; i < LEN(texts); i++) {
        assert_false(sheet_read(texts[i], strlen(texts[i]), ".", &s, &e));
        assert_code(e, "sheet");
    }
    assert_false(sheet_read("task,period,status\n\"p1", 22, ".", &s, &e));
    assert_code(e, "csv");
    (void)state;
}

static json_t *items(void)
{
    return json_pack(
        "[{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:s,s:s,s:s}],s:{s:s,s:i,s:s,s:[{s:s,s:s}]}}]",
        "task", "p1/15-10", "period", "2022Q1", "unit", "u001", "unit_name", "试验局", "title",
        "=SUM(A1)", "kind", "report", "due", "2022-04-08T09:30:00Z", "targets", "name", "增长",
        "op", ">=", "value", "7", "unit", "%", "last", "status", "on-track", "progress", 30, "text",
        "第一行\n\"第二行\", 完", "values", "name", "n", "value", "1");
}

/* Written, filled and read again, in both encodings. */
static void test_round_trip(void **state)
{
    json_t *list = items();
    struct buf text = {0};
    struct err e = {0};

    sheet_write(list, &text);
    assert_non_null(strstr(text.data, "'=SUM(A1)")); /* no formula */
    assert_non_null(strstr(text.data, "\"第一行\n\"\"第二行\"\", 完\""));
    for (int gb = 0; gb < 2; gb++) {
        struct buf filled = {0}, bytes = {0};
        struct sheet *s = NULL;
        char *tail = strstr(text.data, "n=1");
        assert_non_null(tail);
        buf_add(&filled, text.data, (size_t)(tail - text.data) + 3);
        buf_add_str(&filled, ",有风险,45,进展,,,,,\r\n");
        assert_true(csv_encode(filled.data, filled.len, gb, &bytes, &e));
        assert_int_equal((unsigned char)bytes.data[0] == 0xEF, !gb);
        if (!sheet_read(bytes.data, bytes.len, ".", &s, &e))
            fail_msg("%s", e.text);
        assert_int_equal(s->faults_len, 0);
        assert_int_equal(json_array_size(s->reports), 1);
        assert_string_equal(member(s, 0, "task"), "p1/15-10");
        assert_string_equal(member(s, 0, "status"), "at-risk");
        assert_string_equal(member(s, 0, "text"), "进展");
        sheet_free(&s);
        buf_free(&filled);
        buf_free(&bytes);
    }
    /* as it was written, every row counts as left empty */
    struct sheet *s = read_text(text.data);
    assert_int_equal(json_array_size(s->reports), 0);
    assert_int_equal(s->empty_len, 1);
    sheet_free(&s);
    buf_free(&text);
    json_decref(list);
    (void)state;
}

static void test_encodings(void **state)
{
    struct buf out = {0};
    struct err e = {0};

    assert_false(csv_decode("\xFF\xFEt\0a\0", 6, &out, &e));
    assert_code(e, "encoding");
    buf_clear(&out);
    assert_false(csv_decode("\xEF\xBB\xBF\xFF", 4, &out, &e));
    assert_code(e, "encoding");
    buf_clear(&out);
    assert_true(csv_decode("\xD6\xD0", 2, &out, &e)); /* 中 */
    assert_string_equal(out.data, "中");
    buf_free(&out);
    (void)state;
}

static void test_csv(void **state)
{
    struct csv *c = NULL;
    struct err e = {0};
    static const char text[] = "a,\"b\"\"c\",\r\n\"x\ny\",,z\n\nlast";

    assert_true(csv_parse(text, strlen(text), &c, &e));
    assert_int_equal(c->n, 4);
    assert_int_equal(c->rows[0].n, 3);
    assert_string_equal(c->rows[0].cells[1], "b\"c");
    assert_string_equal(c->rows[0].cells[2], "");
    assert_string_equal(c->rows[1].cells[0], "x\ny");
    assert_int_equal(c->rows[3].line, 4);
    assert_string_equal(c->rows[3].cells[0], "last");
    csv_free(&c);
    (void)state;
}

static void test_cell_names(void **state)
{
    char name[8];

    sheet_cell_name(0, 2, name);
    assert_string_equal(name, "A2");
    sheet_cell_name(25, 10, name);
    assert_string_equal(name, "Z10");
    sheet_cell_name(26, 3, name);
    assert_string_equal(name, "AA3");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_rows),
        cmocka_unit_test(test_five_wrong_cells),
        cmocka_unit_test(test_other_faults),
        cmocka_unit_test(test_what_spreadsheets_do),
        cmocka_unit_test(test_columns_by_name),
        cmocka_unit_test(test_header_faults),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_cell_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
