/* Heads of requests, and dates, as the HTTP server reads and writes them. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/httpd/date.h"
#include "apps/httpd/request.h"

static struct request_head head;

/* The status that a whole head gets; it is parsed where nothing may be read beyond it. */
static int parse(const char *text)
{
	size_t length = strlen(text);
	char *exact = malloc(length);
	int status;

	memcpy(exact, text, length);
	ck_assert_uint_eq(request_head_length(exact, length), length);
	status = request_parse(exact, length, &head);
	free(exact);
	return status;
}

static int parse_target(const char *target)
{
	char text[2 * REQUEST_HEAD_MOST];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
	return parse(text);
}

static int parse_field(const char *field)
{
	char text[2 * REQUEST_HEAD_MOST];

	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", field);
	return parse(text);
}

START_TEST(ends_of_heads)
{
	static const char whole[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

	for (size_t length = 0; length < sizeof(whole) - 1; length++)
		ck_assert_uint_eq(request_head_length(whole, length), 0);
	ck_assert_uint_eq(request_head_length(whole, sizeof(whole) - 1), sizeof(whole) - 1);
	ck_assert_uint_eq(request_head_length("a\n\nnext", 7), 3);
	/* Empty lines before it belong to it. */
	ck_assert_uint_eq(request_head_length("\r\n\r\n", 4), 0);
	ck_assert_uint_eq(request_head_length("\r\na\r\n\r\n", 7), 7);
	ck_assert_int_eq(parse("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
}
END_TEST

START_TEST(methods_and_versions)
{
	ck_assert_int_eq(parse("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
	ck_assert_int_eq(head.method, METHOD_GET);
	ck_assert(head.keep_alive);
	ck_assert(!head.version_1_0);
	ck_assert_str_eq(head.path, "/a");
	ck_assert_int_eq(parse("HEAD / HTTP/1.0\n\n"), 0);
	ck_assert_int_eq(head.method, METHOD_HEAD);
	ck_assert(head.version_1_0);
	ck_assert(!head.keep_alive);
	ck_assert_int_eq(parse("HEAD / HTTP/1.0\nConnection: x,  Keep-Alive\n\n"), 0);
	ck_assert(head.keep_alive);
	ck_assert_int_eq(parse("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
	ck_assert_int_eq(head.method, METHOD_OTHER);
	ck_assert_int_eq(parse("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"), 0);
	ck_assert_int_eq(head.method, METHOD_OTHER);
	ck_assert(!head.keep_alive);
	ck_assert_int_eq(parse("get / HTTP/1.1\r\nHost: x\r\n\r\n"), 501);
	ck_assert_int_eq(parse("BREW / HTTP/1.1\r\nHost: x\r\n\r\n"), 501);
	ck_assert_int_eq(parse("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
	ck_assert_int_eq(parse("GET / HTTP/1.7\r\nHost: x\r\n\r\n"), 0);
}
END_TEST

START_TEST(wrong_first_lines)
{
	static const char *const wrong[] = {
		"GET",
		"GET /",
		"GET / ",
		" GET / HTTP/1.1",
		"GET  / HTTP/1.1",
		"GET / HTTP/1",
		"GET / HTTP/11.1",
		"GET / http/1.1",
		"GET / HTTP/1.1 ",
		"GET / HTTP/1.x",
		"GET / / HTTP/1.1",
		"G(T / HTTP/1.1",
		"GET x HTTP/1.1",
		"GET * HTTP/1.1",
		"GET http:/x HTTP/1.1",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text), "%s\r\nHost: x\r\n\r\n", wrong[i]);
		ck_assert_msg(parse(text) == 400, "%s", wrong[i]);
	}
}
END_TEST

START_TEST(targets)
{
	char longest[REQUEST_PATH_SIZE + 2];

	ck_assert_int_eq(parse_target("/a%20b%2Fc?q=../.."), 0);
	ck_assert_str_eq(head.path, "/a b/c");
	ck_assert_int_eq(parse_target("http://host:80/x"), 0);
	ck_assert_str_eq(head.path, "/x");
	ck_assert_int_eq(parse_target("HTTP://host"), 0);
	ck_assert_str_eq(head.path, "/");
	ck_assert_int_eq(parse_target("http://host?x"), 0);
	ck_assert_str_eq(head.path, "/");
	/* What only looks like it is a name. */
	ck_assert_int_eq(parse_target("/..a/b../.../"), 0);
	ck_assert_int_eq(parse_target("/.."), 403);
	ck_assert_int_eq(parse_target("/../etc"), 403);
	ck_assert_int_eq(parse_target("/a/../../etc"), 403);
	ck_assert_int_eq(parse_target("/%2e%2E/etc"), 403);
	ck_assert_int_eq(parse_target("/a%2f..%2f..%2fetc"), 403);
	ck_assert_int_eq(parse_target("http://x/../etc"), 403);
	ck_assert_int_eq(parse_target("/%00"), 400);
	ck_assert_int_eq(parse_target("/%"), 400);
	ck_assert_int_eq(parse_target("/%1"), 400);
	ck_assert_int_eq(parse_target("/%zz"), 400);
	ck_assert_int_eq(parse_target("/a#b"), 400);
	ck_assert_int_eq(parse_target("/a\tb"), 400);
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[REQUEST_PATH_SIZE - 1] = '\0';
	ck_assert_int_eq(parse_target(longest), 0);
	ck_assert_str_eq(head.path, longest);
	longest[REQUEST_PATH_SIZE - 1] = 'a';
	longest[REQUEST_PATH_SIZE] = '\0';
	ck_assert_int_eq(parse_target(longest), 414);
}
END_TEST

START_TEST(fields)
{
	ck_assert_int_eq(parse("GET / HTTP/1.1\r\n\r\n"), 400);
	ck_assert_int_eq(parse_field("Host: y"), 400);
	ck_assert_int_eq(parse_field("no colon"), 400);
	ck_assert_int_eq(parse_field(": x"), 400);
	ck_assert_int_eq(parse_field("X : y"), 400);
	ck_assert_int_eq(parse_field("X: y\r\n goes on"), 400);
	ck_assert_int_eq(parse_field("X: a\x01"), 400);
	ck_assert_int_eq(parse_field("Content-Length: -1"), 400);
	ck_assert_int_eq(parse_field("X:"), 0);
	ck_assert(head.keep_alive);
	ck_assert_int_eq(parse_field("connection: a , CLOSE"), 0);
	ck_assert(!head.keep_alive);
	ck_assert_int_eq(parse_field("Connection: closed"), 0);
	ck_assert(head.keep_alive);
	/* What follows is not taken for a request. */
	ck_assert_int_eq(parse_field("Content-Length: 0"), 0);
	ck_assert(head.keep_alive);
	ck_assert_int_eq(parse_field("Content-Length: 99999999999999999999"), 0);
	ck_assert(!head.keep_alive);
	ck_assert_int_eq(parse_field("Transfer-Encoding: chunked"), 0);
	ck_assert(!head.keep_alive);
}
END_TEST

START_TEST(ranges)
{
	static const struct {
		const char *field;
		enum request_range range;
		uint64_t first, last;
	} cases[] = {
		{"Range: bytes=0-0", RANGE_BYTES, 0, 0},
		{"range: Bytes=5-", RANGE_BYTES, 5, UINT64_MAX},
		{"Range: bytes= 5 - 99999999999999999999", RANGE_BYTES, 5, UINT64_MAX},
		{"Range: bytes=-7", RANGE_LAST, 7, 0},
		{"Range: bytes=7-6", RANGE_ALL, 0, 0},
		{"Range: bytes=0-1,3-4", RANGE_ALL, 0, 0},
		{"Range: bytes=-", RANGE_ALL, 0, 0},
		{"Range: bytes=x-1", RANGE_ALL, 0, 0},
		{"Range: lines=0-1", RANGE_ALL, 0, 0},
		{"Range: bytes", RANGE_ALL, 0, 0},
		{"Range: bytes=0-1\r\nIf-Range: \"a\"", RANGE_ALL, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(parse_field(cases[i].field), 0);
		ck_assert_msg(head.range == cases[i].range, "%s", cases[i].field);
		if (cases[i].range == RANGE_ALL)
			continue;
		ck_assert_msg(head.range_first == cases[i].first, "%s", cases[i].field);
		if (cases[i].range == RANGE_BYTES)
			ck_assert_msg(head.range_last == cases[i].last, "%s", cases[i].field);
	}
}
END_TEST

/* Every byte of a good head, in turn, becomes every other: whatever comes of it, nothing else is read or written. */
START_TEST(damaged_heads)
{
	static const char good[] =
		"GET /a%20b HTTP/1.1\r\nHost: x\r\nRange: bytes=1-2\r\nConnection: close\r\n\r\n";

	for (size_t at = 0; at < sizeof(good) - 1; at++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			char *text = malloc(sizeof(good) - 1);
			size_t length;

			memcpy(text, good, sizeof(good) - 1);
			text[at] = (char)byte;
			length = request_head_length(text, sizeof(good) - 1);
			if (length > 0) {
				int status = request_parse(text, length, &head);

				ck_assert(status == 0 || status == 400 || status == 501 || status == 505);
				ck_assert(status != 0 || head.method == METHOD_OTHER || head.path[0] == '/');
			}
			free(text);
		}
	}
}
END_TEST

START_TEST(dates)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{784111777, "Sun, 06 Nov 1994 08:49:37 GMT"}, /* RFC 9110's own */
		{0, "Thu, 01 Jan 1970 00:00:00 GMT"},
		{951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
		{951868799, "Tue, 29 Feb 2000 23:59:59 GMT"},
		{1709251200, "Fri, 01 Mar 2024 00:00:00 GMT"},
		{4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
		{253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
		{253402300800, "Thu, 01 Jan 1970 00:00:00 GMT"},
		{-1, "Thu, 01 Jan 1970 00:00:00 GMT"},
		{INT64_MIN, "Thu, 01 Jan 1970 00:00:00 GMT"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[DATE_SIZE];

		date_write(cases[i].seconds, text);
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

UNIT_RUN("httpd", ends_of_heads, methods_and_versions, wrong_first_lines, targets, fields, ranges,
         damaged_heads, dates)
