/* SPDX-License-Identifier: BSD-2-Clause */
/* What leaves by mail and webhook: words in both languages, headers that nobody can break out of,
 * threads, signatures, and what the other side's answers mean. */
#include "unit.h"

#include "common/buf.h"
#include "common/bytes.h"
#include "common/mem.h"
#include "daemon/alert/bundle.h"
#include "daemon/alert/mail.h"
#include "daemon/alert/message.h"
#include "daemon/alert/webhook.h"

#define ID "0123456789abcdef0123456789abcdef"
#define ALERT                                                                                      \
    "{\"alert\":31,\"number\":\"催办〔2022〕5号\",\"kind\":\"report-missing\",\"case\":900,"  \
    "\"level\":1,\"unit\":\"u001\",\"unit_name\":\"市发改委\",\"task\":\"p1/15\","             \
    "\"title\":\"<b>推进</b>\\r\\nBcc: x@y\",\"period\":\"2022Q1\",\"due_local\":"               \
    "\"2022-04-08 17:30\",\"why\":\"because & so\",\"contact\":\"张三 555-0101\"}"
#define BODY(lang, count, alerts)                                                                  \
    "{\"id\":\"" ID "\",\"bundle\":\"L1-office-20220408T093100Z\",\"channel\":\"mail\","           \
    "\"detail\":\"full\",\"origin\":\"duban.example/log1\",\"post\":\"office\","                   \
    "\"post_name\":\"督查室\",\"lang\":\"" lang "\",\"kind\":\"report-missing\",\"level\":1,"      \
    "\"at_local\":\"2022-04-08 17:31\",\"count\":" count ",\"cases\":[900,901]," alerts "}"
#define ONE "\"alerts\":[" ALERT "]"

static struct bundle *bundle(const char *body)
{
    struct bundle *b = bundle_new(ID, "mail", "mail", "office@city.example", 1, body);

    assert_non_null(b);
    return b;
}

static char *mail_of(const char *body)
{
    struct bundle *b = bundle(body);
    struct buf out = {0};

    assert_true(mail_write(b, "duban@city.example", 1649410260, &out));
    bundle_free(&b);
    return out.data;
}

/* Word that cases are over asks for no answer. */
static void test_closed(void **state)
{
    struct bundle *b = bundle("{\"kind\":\"closed\",\"lang\":\"zh_CN\",\"count\":2,\"at_local\":"
                              "\"2022-04-09 08:00\",\"bundle\":\"C-office-7\",\"alerts\":"
                              "[{\"kind\":\"reported\"},{\"kind\":\"reported\"}]}");
    struct buf out = {0};

    (void)state;
    message_subject(b, &out);
    assert_string_equal(out.data, "【解除】2 项 已报送 2022-04-09 08:00");
    buf_clear(&out);
    message_plain(b, &out);
    assert_null(strstr(out.data, "duban ack"));
    buf_clear(&out);
    message_html(b, &out);
    assert_null(strstr(out.data, "duban ack"));
    buf_free(&out);
    bundle_free(&b);
}

static void test_bundle(void **state)
{
    (void)state;
    assert_null(bundle_new(ID, "m", "mail", "t", 1, "[]"));
    assert_null(bundle_new(ID, "m", "mail", "t", 1, "{"));
    assert_null(bundle_new("../../../etc/passwd", "m", "mail", "t", 1, "{}"));
    assert_null(bundle_new("0123", "m", "mail", "t", 1, "{}"));
}

static char *subject_of(const char *body)
{
    struct bundle *b = bundle(body);
    struct buf out = {0};

    message_subject(b, &out);
    bundle_free(&b);
    return out.data;
}

static void test_subject(void **state)
{
    static const struct {
        const char *body, *subject;
    } cases[] = {
        {BODY("zh_CN", "1", ONE), "【催办】市发改委 p1/15 2022Q1 逾期未报送 催办〔2022〕5号"},
        {BODY("en", "1", ONE), "[Overdue] 市发改委 p1/15 2022Q1 report missing 催办〔2022〕5号"},
        {BODY("zh_CN", "500", ONE), "【催办】500 项 逾期未报送 2022-04-08 17:31"},
        {BODY("en", "500", "\"alerts\":[]"), "[Overdue] 500 items 2022-04-08 17:31"},
        {BODY("zh_CN", "2", "\"alerts\":[" ALERT ",{\"kind\":\"reminder\"}]"),
         "【催办】2 项 2022-04-08 17:31"},
    };

    (void)state;
    for (size_t i = 0; i < LEN(cases); i++) {
        char *s = subject_of(cases[i].body);
        assert_string_equal(s, cases[i].subject);
        free(s);
    }
}

static void test_texts(void **state)
{
    struct bundle *b = bundle(BODY("zh_CN", "501", ONE));
    struct buf plain = {0}, html = {0}, json = {0};

    (void)state;
    message_plain(b, &plain);
    assert_non_null(strstr(plain.data, "督查室："));
    assert_non_null(strstr(plain.data, "以下 501 项，时点 2022-04-08 17:31："));
    assert_non_null(strstr(plain.data, "1. 逾期未报送  催办〔2022〕5号  市发改委  p1/15  2022Q1"));
    assert_non_null(strstr(plain.data, "另有 500 项未列出"));
    assert_non_null(strstr(plain.data, "duban ack --bundle L1-office-20220408T093100Z"));
    assert_null(strstr(plain.data, "\nBcc:"));
    message_html(b, &html);
    assert_non_null(strstr(html.data, "&lt;b&gt;推进&lt;/b&gt;"));
    assert_null(strstr(html.data, "<b>"));
    assert_non_null(strstr(html.data, "because &amp; so"));
    message_json(b, 0, &json);
    json_t *j = json_loads(json.data, 0, NULL);
    assert_string_equal(bundle_text(j, "type"), "duban.alert");
    assert_string_equal(bundle_text(j, "timestamp"), "1970-01-01T00:00:00.000000Z");
    assert_int_equal(bundle_number(json_object_get(j, "data"), "count"), 501);
    json_decref(j);
    buf_free(&plain);
    buf_free(&html);
    buf_free(&json);
    bundle_free(&b);
}

/* Long texts are cut into words of at most 75 characters, between characters of UTF-8. */
static void test_encode(void **state)
{
    struct buf out = {0}, text = {0};

    (void)state;
    mail_encode("plain [text]", &out);
    assert_string_equal(out.data, "plain [text]");
    buf_clear(&out);
    mail_encode("a\r\nBcc: x@y.example", &out);
    assert_null(strchr(out.data, '\n'));
    assert_int_equal(strncmp(out.data, "=?UTF-8?B?", 10), 0);
    for (int i = 0; i < 60; i++)
        buf_add_str(&text, i % 7 == 0 ? "a" : "督");
    buf_clear(&out);
    mail_encode(text.data, &out);
    struct buf back = {0};
    for (const char *s = out.data; (s = strstr(s, "?B?")) != NULL;) {
        const char *end = strstr(s, "?=");
        size_t before = back.len;
        assert_true((size_t)(end - s) + 2 + 7 <= 75);
        assert_true(base64_decode(s + 3, (size_t)(end - s) - 3, &back));
        assert_int_not_equal((unsigned char)back.data[before] & 0xc0, 0x80);
        s = end;
    }
    assert_string_equal(back.data, text.data);
    buf_free(&back);
    buf_free(&out);
    buf_free(&text);
}

static void test_mail(void **state)
{
    char *m = mail_of(BODY("zh_CN", "1", ONE));
    char *follow = mail_of(BODY("en", "1", ONE ",\"follows\":\"fedcba9876543210\""));

    (void)state;
    assert_non_null(strstr(m, "Date: Fri, 8 Apr 2022 09:31:00 +0000\r\n"));
    assert_non_null(strstr(m, "To: <office@city.example>\r\n"));
    assert_non_null(strstr(m, "Message-ID: <" ID "@city.example>\r\n"));
    assert_non_null(
        strstr(m, "References: <case.900@city.example>\r\n <case.901@city.example>\r\n"));
    assert_null(strstr(m, "In-Reply-To"));
    assert_null(strstr(m, "Bcc"));
    for (const char *c = m; *c != '\0'; c++) {
        assert_true((unsigned char)*c < 0x80);
        assert_true(*c != '\n' || c[-1] == '\r');
    }
    assert_non_null(strstr(follow, "In-Reply-To: <fedcba9876543210@city.example>\r\n"));
    assert_non_null(strstr(follow, " <fedcba9876543210@city.example>\r\nAuto-Submitted:"));
    free(m);
    free(follow);
}

static void test_addresses(void **state)
{
    static const char *const bad[] = {
        "",       "a",         "@b.c",         "a@",   "a@b@c",  "a b@c.d", "a@c.d\r\nX: y",
        "a>@c.d", "\"a\"@c.d", "督查@city.cn", "a@.d", "a,b@c.d"};
    struct buf out = {0};

    (void)state;
    for (size_t i = 0; i < LEN(bad); i++) {
        struct bundle *b = bundle_new(ID, "mail", "mail", bad[i], 1, BODY("en", "1", ONE));
        assert_false(mail_write(b, "duban@city.example", 0, &out));
        bundle_free(&b);
    }
    buf_free(&out);
}

/* The vector of the Standard Webhooks specification, and its rules for secrets. */
static void test_sign(void **state)
{
    static const char body[] = "{\"test\": 2432232314}";
    static const char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    static const char *const bad[] = {"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_",
                                      "whsec_AAAA",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_!"};
    struct buf out = {0};

    (void)state;
    assert_true(
        webhook_sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, strlen(body), &out));
    assert_string_equal(out.data, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    buf_clear(&out);
    assert_true(webhook_sign("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"
                             "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
                             "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, strlen(body), &out));
    assert_non_null(strstr(out.data, " v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    for (size_t i = 0; i < LEN(bad); i++) {
        buf_clear(&out);
        assert_false(webhook_sign(bad[i], "id", 0, body, strlen(body), &out));
    }
    buf_free(&out);
}

static void test_judge_mail(void **state)
{
    static const struct {
        CURLcode code;
        long status;
        const char *text, *reason;
        enum outcome_kind kind;
    } cases[] = {
        {CURLE_OK, 250, "", "sent", OUTCOME_SENT},
        {CURLE_SEND_ERROR, 550, "RCPT failed: 550", "smtp-550", OUTCOME_DEAD},
        {CURLE_SEND_ERROR, 450, "RCPT failed: 450", "smtp-450", OUTCOME_RETRY},
        {CURLE_SEND_ERROR, 550, "MAIL failed: 550", "smtp-550", OUTCOME_RETRY},
        {CURLE_WEIRD_SERVER_REPLY, 554, "", "smtp-554", OUTCOME_RETRY},
        {CURLE_OPERATION_TIMEDOUT, 250, "", "timeout", OUTCOME_RETRY},
        {CURLE_PEER_FAILED_VERIFICATION, 220, "", "certificate", OUTCOME_RETRY},
        {CURLE_USE_SSL_FAILED, 250, "", "no-tls", OUTCOME_RETRY},
        {CURLE_LOGIN_DENIED, 535, "", "login", OUTCOME_RETRY},
        {CURLE_COULDNT_CONNECT, 0, "", "connect", OUTCOME_RETRY},
        {CURLE_RECV_ERROR, 354, "", "closed", OUTCOME_RETRY},
    };

    (void)state;
    for (size_t i = 0; i < LEN(cases); i++) {
        struct transfer_result r = {
            .code = cases[i].code, .status = cases[i].status, .text = cases[i].text};
        struct outcome o = {0};
        mail_judge(&r, &o);
        assert_string_equal(o.reason, cases[i].reason);
        assert_int_equal(o.kind, cases[i].kind);
    }
}

static void test_judge_webhook(void **state)
{
    static const struct {
        CURLcode code;
        long status;
        int64_t after;
        const char *reason;
        enum outcome_kind kind;
    } cases[] = {
        {CURLE_OK, 200, 0, "sent", OUTCOME_SENT},
        {CURLE_OK, 204, 0, "sent", OUTCOME_SENT},
        {CURLE_WRITE_ERROR, 200, 0, "sent", OUTCOME_SENT},
        {CURLE_OK, 301, 0, "redirect", OUTCOME_RETRY},
        {CURLE_OK, 400, 0, "http-400", OUTCOME_RETRY},
        {CURLE_OK, 410, 0, "http-410", OUTCOME_DEAD},
        {CURLE_OK, 429, 60, "http-429", OUTCOME_RETRY},
        {CURLE_OK, 503, 9, "http-503", OUTCOME_RETRY},
        {CURLE_OPERATION_TIMEDOUT, 200, 0, "timeout", OUTCOME_RETRY},
        {CURLE_RECV_ERROR, 200, 0, "closed", OUTCOME_RETRY},
        {CURLE_PEER_FAILED_VERIFICATION, 0, 0, "certificate", OUTCOME_RETRY},
        {CURLE_COULDNT_RESOLVE_HOST, 0, 0, "resolve", OUTCOME_RETRY},
    };

    (void)state;
    for (size_t i = 0; i < LEN(cases); i++) {
        struct transfer_result r = {.code = cases[i].code,
                                    .status = cases[i].status,
                                    .retry_after = cases[i].after,
                                    .text = ""};
        struct outcome o = {0};
        webhook_judge(&r, &o);
        assert_string_equal(o.reason, cases[i].reason);
        assert_int_equal(o.kind, cases[i].kind);
        assert_int_equal(o.retry_after, cases[i].after);
    }
}

/* What the other side says must be text that the database takes. */
static void test_outcome(void **state)
{
    struct outcome o = {.retry_after = 7};
    char text[400];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text + 198, "\xe7\x9d\xa3", 3);
    outcome_set(&o, OUTCOME_RETRY, "closed", text);
    assert_int_equal(strlen(o.detail), 199);
    assert_int_equal(o.detail[198], '?');
    assert_int_equal(o.retry_after, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bundle),     cmocka_unit_test(test_closed),
        cmocka_unit_test(test_subject),    cmocka_unit_test(test_texts),
        cmocka_unit_test(test_encode),     cmocka_unit_test(test_mail),
        cmocka_unit_test(test_addresses),  cmocka_unit_test(test_sign),
        cmocka_unit_test(test_judge_mail), cmocka_unit_test(test_judge_webhook),
        cmocka_unit_test(test_outcome),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
