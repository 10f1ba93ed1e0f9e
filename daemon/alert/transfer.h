/* SPDX-License-Identifier: BSD-2-Clause */
/* libcurl's multi interface on the event loop: any number of transfers at once, none of which waits
 * for another, each with an absolute limit of time. The other side is not trusted: answers are
 * counted, not kept; no redirect is followed, no proxy and no ~/.netrc are used. */
#ifndef DUBAN_TRANSFER_H
#define DUBAN_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct transfers;
struct transfer;

struct transfer_result {
    CURLcode code;       /* of libcurl */
    long status;         /* last HTTP or SMTP status; 0 = none came */
    bool connected;      /* TCP (and TLS, where asked for) was there */
    int64_t retry_after; /* seconds that the other side asked for; 0 = none */
    const char *text;    /* libcurl's words; valid during the call; no secrets in it */
};

/* The transfer is freed when this returns. */
typedef void (*transfer_done)(void *arg, const struct transfer_result *r);

/* NULL when libcurl cannot be used. */
struct transfers *transfers_new(struct event_base *base);
/* Transfers under way end without a call. */
void transfers_free(struct transfers **t);

/* A transfer with the options that all have; protocols as CURLOPT_PROTOCOLS_STR; ca: PEM file, ""
 * for the system's. Set the rest on transfer_easy(). */
struct transfer *transfer_new(struct transfers *t, const char *protocols, const char *ca,
                              long timeout_s);
CURL *transfer_easy(struct transfer *x);
/* Adds a line to the list (headers or recipients), which the transfer owns. */
void transfer_line(struct transfer *x, const char *line);
struct curl_slist *transfer_lines(struct transfer *x);
/* Takes over the bytes as what is uploaded (mail) or posted (webhook). */
void transfer_take_body(struct transfer *x, char *body, size_t len);
const char *transfer_body(const struct transfer *x, size_t *len);
/* Starts; done is called later, never from here. */
void transfer_start(struct transfer *x, transfer_done done, void *arg);
/* Ends without a call; also for one that was not started. */
void transfer_cancel(struct transfer **x);

#endif
