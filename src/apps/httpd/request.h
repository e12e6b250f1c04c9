/*
 * The head of an HTTP/1.1 request (RFC 9112, sections 2 to 5), as a stranger has sent
 * it: what of it this server heeds. No memory of its own, no other part of the server.
 */
#ifndef DRYDOCK_HTTPD_REQUEST_H
#define DRYDOCK_HTTPD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_HEAD_MOST 8192u /* bytes with the empty line; more is refused */
#define REQUEST_PATH_SIZE \
	4000u /* bytes of a path with its NUL: with a name behind it, it is still one of vfs's */

enum request_method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_OTHER, /* one that HTTP has and this server has not: 405 */
};

/* Which bytes are asked for (RFC 9110, section 14.1.2). */
enum request_range {
	RANGE_ALL,
	RANGE_BYTES, /* range_first to range_last, which may be beyond the end */
	RANGE_LAST,  /* the last range_first bytes */
};

struct request_head {
	enum request_method method;
	bool version_1_0;
	bool keep_alive; /* the connection may be used again */
	enum request_range range;
	uint64_t range_first, range_last;
	char path[REQUEST_PATH_SIZE]; /* begins with `/`; decoded, without query and `..` */
};

/* How many of the bytes are the head, with its empty line; 0: that has not come yet. */
size_t request_head_length(const char *bytes, size_t length);

/*
 * Reads the `length` bytes that are a head. 0, or the status of the response that refuses it: 400, 403 (the path
 * leads upwards), 414, 501, 505. `head->keep_alive` is false then, and wherever a body follows, for none is read.
 */
int request_parse(const char *bytes, size_t length, struct request_head *head);

#endif
