/* Reading the head of a request (request.h). */
#include "request.h"

#include <drydock/string.h>

/* A part of the head. */
struct piece {
	const char *text;
	size_t length;
};

/* ---- lines and words ------------------------------------------------------------- */

/* The next line without its end, CR LF or (RFC 9112, section 2.2) LF alone. */
static bool take_line(struct piece *rest, struct piece *line)
{
	for (size_t at = 0; at < rest->length; at++) {
		if (rest->text[at] != '\n')
			continue;
		*line = (struct piece){rest->text, at > 0 && rest->text[at - 1] == '\r' ? at - 1 : at};
		rest->text += at + 1;
		rest->length -= at + 1;
		return true;
	}
	return false;
}

size_t request_head_length(const char *bytes, size_t length)
{
	struct piece rest = {bytes, length}, line;
	bool begun = false;

	while (take_line(&rest, &line)) {
		/* Empty lines before the first are somebody's old habit (the same section). */
		if (line.length == 0 && begun)
			return (size_t)(rest.text - bytes);
		begun |= line.length > 0;
	}
	return 0;
}

/* What stands before `separator`, which goes, too. */
static bool take_until(struct piece *rest, char separator, struct piece *taken)
{
	for (size_t at = 0; at < rest->length; at++) {
		if (rest->text[at] != separator)
			continue;
		*taken = (struct piece){rest->text, at};
		rest->text += at + 1;
		rest->length -= at + 1;
		return true;
	}
	return false;
}

static bool piece_is(const struct piece *piece, const char *text)
{
	return piece->length == string_length(text) && memcmp(piece->text, text, piece->length) == 0;
}

static char lower(char letter)
{
	return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

/* The same whatever the case; `text` is in lower case. */
static bool piece_means(const struct piece *piece, const char *text)
{
	if (piece->length != string_length(text))
		return false;
	for (size_t at = 0; at < piece->length; at++) {
		if (lower(piece->text[at]) != text[at])
			return false;
	}
	return true;
}

static void trim(struct piece *piece)
{
	while (piece->length > 0 && (piece->text[0] == ' ' || piece->text[0] == '\t')) {
		piece->text++;
		piece->length--;
	}
	while (piece->length > 0 &&
	       (piece->text[piece->length - 1] == ' ' || piece->text[piece->length - 1] == '\t'))
		piece->length--;
}

/* RFC 9110, section 5.6.2. */
static bool is_token(const struct piece *piece)
{
	for (size_t at = 0; at < piece->length; at++) {
		unsigned char byte = (unsigned char)piece->text[at];

		if (byte <= ' ' || byte >= 127)
			return false;
		for (const char *delimiter = "\"(),/:;<=>?@[\\]{}"; *delimiter != '\0'; delimiter++) {
			if (byte == (unsigned char)*delimiter)
				return false;
		}
	}
	return piece->length > 0;
}

/* ---- the target ---------------------------------------------------------------------- */

static int hexadecimal(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit = lower(digit);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* RFC 3986, section 2.1. */
static int decode(const struct piece *target, char path[REQUEST_PATH_SIZE])
{
	size_t length = 0;

	for (size_t at = 0; at < target->length && target->text[at] != '?'; at++) {
		unsigned char byte = (unsigned char)target->text[at];

		if (length == REQUEST_PATH_SIZE - 1)
			return 414;
		if (byte <= ' ' || byte == 127 || byte == '#')
			return 400;
		if (byte == '%') {
			int high = at + 2 < target->length ? hexadecimal(target->text[at + 1]) : -1;
			int low = high >= 0 ? hexadecimal(target->text[at + 2]) : -1;

			if (low < 0 || (high | low) == 0)
				return 400;
			byte = (unsigned char)(high << 4 | low);
			at += 2;
		}
		path[length++] = (char)byte;
	}
	path[length] = '\0';
	return 0;
}

/* Whether a component of the path is `..`, which could lead out of what is served. */
static bool leads_upwards(const char *path)
{
	for (; *path != '\0'; path++) {
		if (path[0] == '/' && path[1] == '.' && path[2] == '.' && (path[3] == '/' || path[3] == '\0'))
			return true;
	}
	return false;
}

/* RFC 9112, section 3.2: "/path", or with the scheme and the host before it, as to a proxy. */
static int read_target(struct piece target, char path[REQUEST_PATH_SIZE])
{
	static const char scheme[] = "http://";
	struct piece start = {target.text, sizeof(scheme) - 1};
	int status;

	if (target.length > start.length && piece_means(&start, scheme)) {
		size_t at = start.length;

		while (at < target.length && target.text[at] != '/' && target.text[at] != '?')
			at++;
		target.text += at;
		target.length -= at;
		if (target.length == 0 || target.text[0] == '?')
			target = (struct piece){"/", 1};
	}
	if (target.length == 0 || target.text[0] != '/')
		return 400;
	status = decode(&target, path);
	return status == 0 && leads_upwards(path) ? 403 : status;
}

/* ---- the first line --------------------------------------------------------------------- */

static int read_method(const struct piece *method, enum request_method *found)
{
	/* RFC 9110, section 9.3, and RFC 5789. */
	static const char *const others[] = {"POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

	if (!is_token(method))
		return 400;
	if (piece_is(method, "GET") || piece_is(method, "HEAD")) {
		*found = method->length == 3 ? METHOD_GET : METHOD_HEAD;
		return 0;
	}
	*found = METHOD_OTHER;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (piece_is(method, others[i]))
			return 0;
	}
	return 501;
}

/* RFC 9112, section 2.3. Of version 1 every minor one is understood. */
static int read_version(const struct piece *version, struct request_head *head)
{
	struct piece name = {version->text, 5};

	if (version->length != 8 || !piece_is(&name, "HTTP/") || version->text[6] != '.' ||
	    version->text[5] < '0' || version->text[5] > '9' || version->text[7] < '0' ||
	    version->text[7] > '9')
		return 400;
	head->version_1_0 = version->text[7] == '0';
	return version->text[5] == '1' ? 0 : 505;
}

static int read_first_line(struct piece line, struct request_head *head)
{
	struct piece method, target;
	int status;

	if (!take_until(&line, ' ', &method) || !take_until(&line, ' ', &target))
		return 400;
	status = read_version(&line, head);
	if (status == 0)
		status = read_method(&method, &head->method);
	/* What others mean by their target is theirs: OPTIONS has "*". */
	if (status == 0 && head->method != METHOD_OTHER)
		status = read_target(target, head->path);
	return status;
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* Digits, all of them; a number that is too large is the largest. */
static bool read_digits(const struct piece *digits, uint64_t *number)
{
	*number = 0;
	for (size_t at = 0; at < digits->length; at++) {
		uint64_t digit = (uint64_t)(digits->text[at] - '0');

		if (digits->text[at] < '0' || digits->text[at] > '9')
			return false;
		*number = *number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *number * 10 + digit;
	}
	return digits->length > 0;
}

/* One range of bytes. Several, or what is not understood, is ignored (RFC 9110, section 14.2). */
static void read_range(struct piece value, struct request_head *head)
{
	struct piece unit, first;

	if (!take_until(&value, '=', &unit) || !piece_means(&unit, "bytes") ||
	    !take_until(&value, '-', &first))
		return;
	trim(&first);
	trim(&value);
	if (first.length == 0) {
		if (read_digits(&value, &head->range_first))
			head->range = RANGE_LAST;
		return;
	}
	head->range_last = UINT64_MAX;
	if (read_digits(&first, &head->range_first) &&
	    (value.length == 0 || read_digits(&value, &head->range_last)) &&
	    head->range_first <= head->range_last)
		head->range = RANGE_BYTES;
}

/* Whether the list, separated by commas, has the word. */
static bool has_word(struct piece list, const char *word)
{
	struct piece element;
	bool more;

	do {
		more = take_until(&list, ',', &element);
		if (!more)
			element = list;
		trim(&element);
		if (piece_means(&element, word))
			return true;
	} while (more);
	return false;
}

/* What the fields have said so far. */
struct fields {
	uint32_t hosts;
	bool close, keep_alive, body, if_range;
};

static int read_field(struct piece line, struct request_head *head, struct fields *fields)
{
	struct piece name;
	uint64_t length;

	/* No blank before the colon, and no line that goes on (RFC 9112, sections 5.1 and 5.2). */
	if (!take_until(&line, ':', &name) || !is_token(&name))
		return 400;
	trim(&line);
	for (size_t at = 0; at < line.length; at++) {
		if ((unsigned char)line.text[at] < ' ' && line.text[at] != '\t')
			return 400;
	}
	if (piece_means(&name, "host")) {
		fields->hosts++;
	} else if (piece_means(&name, "connection")) {
		fields->close |= has_word(line, "close");
		fields->keep_alive |= has_word(line, "keep-alive");
	} else if (piece_means(&name, "content-length")) {
		if (!read_digits(&line, &length))
			return 400;
		fields->body |= length > 0;
	} else if (piece_means(&name, "transfer-encoding")) {
		fields->body = true;
	} else if (piece_means(&name, "if-range")) {
		fields->if_range = true;
	} else if (piece_means(&name, "range")) {
		read_range(line, head);
	}
	return 0;
}

int request_parse(const char *bytes, size_t length, struct request_head *head)
{
	struct piece rest = {bytes, length}, line = {bytes, 0};
	struct fields fields = {0};
	int status;

	memset(head, 0, sizeof(*head));
	while (line.length == 0) {
		if (!take_line(&rest, &line))
			return 400;
	}
	status = read_first_line(line, head);
	while (status == 0 && take_line(&rest, &line) && line.length > 0)
		status = read_field(line, head, &fields);
	if (status != 0)
		return status;
	/* RFC 9112, section 3.2. */
	if (fields.hosts > 1 || (fields.hosts == 0 && !head->version_1_0))
		return 400;
	/* No validator is given out that a range could depend on. */
	if (fields.if_range)
		head->range = RANGE_ALL;
	head->keep_alive = !fields.body && !fields.close && (!head->version_1_0 || fields.keep_alive);
	return 0;
}
