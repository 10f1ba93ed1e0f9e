/* SPDX-License-Identifier: BSD-2-Clause */
/* Server-sent events (WHATWG HTML, "text/event-stream"): one hub per process pushes to many
 * connections. An event is formatted once and its bytes are written to each. A comment every
 * `ping` seconds keeps middle boxes awake and finds dead peers; a peer that lets more than 256 KiB
 * wait is closed (TLS_END_SLOW) and resumes by Last-Event-ID. */
#ifndef DUBAN_STREAM_H
#define DUBAN_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

#define STREAM_OUTPUT_MAX ((size_t)256 * 1024)

struct event_base;
struct stream;
struct stream_hub;
struct tls_stream;

struct stream_hub *stream_hub_new(struct event_base *base, unsigned ping_seconds);
/* Streams still there get nothing more; they stay their owners' to free. */
void stream_hub_free(struct stream_hub **h);
size_t stream_hub_count(const struct stream_hub *h);

/* Turns a connection into a stream: writes the answer's head, lifts its deadline, sets the output
 * cap. data is the subscriber's (what it may see); borrowed. Call stream_free() in the connection's
 * on_close. NULL when the connection is already gone. */
struct stream *stream_new(struct stream_hub *h, struct tls_stream *s, void *data);
void stream_free(struct stream **st);
void *stream_data(const struct stream *st);
/* Number of the last event sent or skipped on this stream: only larger ones are sent. */
int64_t stream_last(const struct stream *st);
void stream_set_last(struct stream *st, int64_t event);

/* Appends one event. event: its number, negative = none (it is not resumed by). kind: "alert",
 * "closed", "heartbeat". data: text, split into data lines at LF; CR counts as
 * LF. False when out's limit was passed. */
bool stream_format(struct buf *out, int64_t event, const char *kind, const char *data, size_t n);
/* Sends formatted bytes of this event to one stream when event > its last, and remembers it. True
 * when sent or skipped, false when the connection is gone or was closed as too slow. */
bool stream_send(struct stream *st, int64_t event, const void *bytes, size_t n);
/* stream_send() to every stream for which sees(stream_data, ctx) is true; the others remember the
 * number too. sees NULL = everybody. Returns how many it was written to. */
size_t stream_hub_send(struct stream_hub *h, int64_t event, const void *bytes, size_t n,
                       bool (*sees)(void *data, const void *ctx), const void *ctx);
/* Says the same, which has no number, to every stream that wants it: a few at a time, all within
 * about a second for ten thousand. Copies the bytes; who is still to be told when the next word
 * comes is told that one, once. */
void stream_hub_tell(struct stream_hub *h, const void *bytes, size_t n,
                     bool (*wants)(void *data, const void *ctx), const void *ctx);

#endif
