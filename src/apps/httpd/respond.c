/* Responses (RFC 9110): files, and what is wrong. */
#include <drydock/format.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "date.h"
#include "internal.h"

#define HEAD_SIZE   1024u
#define FIELDS_SIZE 512u
#define INDEX       "index.html"
#define BILLION     1000000000ull

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 206:
		return "Partial Content";
	case 301:
		return "Moved Permanently";
	case 400:
		return "Bad Request";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 414:
		return "URI Too Long";
	case 416:
		return "Range Not Satisfiable";
	case 431:
		return "Request Header Fields Too Large";
	case 501:
		return "Not Implemented";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Internal Server Error";
	}
}

bool respond_begin(struct connection_state *connection, int status, const char *fields, bool more)
{
	const struct request_head *head = &connection->head;
	const char *persistence = !head->keep_alive   ? "Connection: close\r\n"
	                          : head->version_1_0 ? "Connection: keep-alive\r\n"
	                                              : "";
	char text[HEAD_SIZE], date[DATE_SIZE];
	size_t length;

	date_write((int64_t)(runtime_wall_time(connection->httpd->runtime) / BILLION), date);
	length =
		format_string(text, sizeof(text), "HTTP/1.1 %d %s\r\nDate: %s\r\nServer: Drydock\r\n%s%s\r\n",
	                      status, reason(status), date, persistence, fields);
	return length < sizeof(text) && connection_send(connection, text, (uint32_t)length, more);
}

/* `fields` come first. */
static bool respond_text(struct connection_state *connection, int status, const char *fields)
{
	bool body = connection->head.method != METHOD_HEAD;
	char all[FIELDS_SIZE], text[64];
	size_t length = format_string(text, sizeof(text), "%d %s\n", status, reason(status));

	format_string(all, sizeof(all), "%sContent-Type: text/plain\r\nContent-Length: %zu\r\n", fields,
	              length);
	return respond_begin(connection, status, all, body) &&
	       (!body || connection_send(connection, text, (uint32_t)length, false));
}

bool respond_error(struct connection_state *connection, int status)
{
	return respond_text(connection, status, status == 405 ? "Allow: GET, HEAD\r\n" : "");
}

/* What vfs has said. */
static bool respond_status(struct connection_state *connection, int32_t status)
{
	switch (status) {
	case POSIX_ENOENT:
	case POSIX_ENOTDIR:
	case POSIX_ENAMETOOLONG:
		return respond_error(connection, 404);
	case POSIX_EACCES:
	case POSIX_EPERM:
	case POSIX_ELOOP:
		return respond_error(connection, 403);
	default:
		return respond_error(connection, status < 0 ? 503 : 500);
	}
}

/* ---- files ------------------------------------------------------------------------------ */

static const char *content_type(const char *path)
{
	static const char *const types[][2] = {
		{"c", "text/plain; charset=utf-8"},
		{"css", "text/css"},
		{"gif", "image/gif"},
		{"h", "text/plain; charset=utf-8"},
		{"html", "text/html; charset=utf-8"},
		{"jpeg", "image/jpeg"},
		{"jpg", "image/jpeg"},
		{"js", "text/javascript; charset=utf-8"},
		{"json", "application/json"},
		{"md", "text/plain; charset=utf-8"},
		{"pdf", "application/pdf"},
		{"png", "image/png"},
		{"svg", "image/svg+xml"},
		{"txt", "text/plain; charset=utf-8"},
		{"wasm", "application/wasm"},
		{"xml", "application/xml"},
	};
	const char *extension = "";

	for (; *path != '\0'; path++) {
		if (*path == '.')
			extension = path + 1;
		else if (*path == '/')
			extension = "";
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (string_equal(types[i][0], extension))
			return types[i][1];
	}
	return "application/octet-stream";
}

/* The bytes from `first` up to `end` that the request asks for, of `size`. False: there are none such. */
static bool find_range(const struct request_head *head, uint64_t size, uint64_t *first, uint64_t *end)
{
	*first = 0;
	*end = size;
	if (head->range == RANGE_BYTES) {
		*first = head->range_first;
		if (head->range_last < size)
			*end = head->range_last + 1;
		return *first < size;
	}
	if (head->range == RANGE_LAST) {
		*first = head->range_first < size ? size - head->range_first : 0;
		return head->range_first > 0 && size > 0;
	}
	return true;
}

/* What was promised of the file; it may have become shorter. */
static bool send_file(struct connection_state *connection, uint32_t file, uint64_t first, uint64_t end)
{
	while (first < end) {
		uint32_t part = end - first < CHUNK ? (uint32_t)(end - first) : CHUNK;
		struct vfs_read_results results;

		if (vfs_read(connection->httpd->vfs, file, first, connection->chunk, part, &results) != 0 ||
		    results.data_length == 0 || results.data_length > part)
			break;
		first += results.data_length;
		if (!connection_send(connection, connection->chunk, results.data_length, first < end))
			return false;
	}
	if (first < end)
		connection_abort(connection);
	return first == end;
}

static bool respond_file(struct connection_state *connection, const char *path, uint32_t file,
                         const struct vfs_status *status)
{
	const struct request_head *head = &connection->head;
	char fields[FIELDS_SIZE], range[96] = "", modified[DATE_SIZE];
	uint64_t first, end;
	bool part = head->range != RANGE_ALL;

	if (!find_range(head, status->size, &first, &end)) {
		format_string(range, sizeof(range), "Content-Range: bytes */%llu\r\n",
		              (unsigned long long)status->size);
		return respond_text(connection, 416, range);
	}
	if (part)
		format_string(range, sizeof(range), "Content-Range: bytes %llu-%llu/%llu\r\n",
		              (unsigned long long)first, (unsigned long long)end - 1,
		              (unsigned long long)status->size);
	date_write(status->mtime, modified);
	format_string(
		fields, sizeof(fields),
		"Content-Type: %s\r\nContent-Length: %llu\r\nAccept-Ranges: bytes\r\nLast-Modified: %s\r\n%s",
		content_type(path), (unsigned long long)(end - first), modified, range);
	return respond_begin(connection, part ? 206 : 200, fields,
	                     head->method == METHOD_GET && first < end) &&
	       (head->method == METHOD_HEAD || send_file(connection, file, first, end));
}

/* ---- paths --------------------------------------------------------------------------------- */

static int32_t open_path(struct httpd *httpd, const char *path, uint32_t *file, struct vfs_status *status)
{
	struct vfs_open_results results;
	int32_t error = vfs_stat(httpd->vfs, 0, path, (uint32_t)string_length(path), status);

	if (error != 0)
		return error;
	/* What is neither could wait for ever when it is opened. */
	if ((status->mode & POSIX_S_IFMT) != POSIX_S_IFREG && (status->mode & POSIX_S_IFMT) != POSIX_S_IFDIR)
		return POSIX_EACCES;
	error = vfs_open(httpd->vfs, VFS_OPEN_READ, 0, 0, path, (uint32_t)string_length(path), &results);
	if (error != 0)
		return error;
	*file = results.file;
	error = vfs_stat_file(httpd->vfs, *file, status);
	if (error != 0)
		vfs_close(httpd->vfs, *file);
	return error;
}

static bool is_directory(const struct vfs_status *status)
{
	return (status->mode & POSIX_S_IFMT) == POSIX_S_IFDIR;
}

/* A directory's own page, where it has one, or what is in it. */
static bool respond_directory(struct connection_state *connection, uint32_t directory)
{
	char path[REQUEST_PATH_SIZE + sizeof(INDEX)];
	struct vfs_status status;
	uint32_t file;
	bool good;

	format_string(path, sizeof(path), "%s" INDEX, connection->head.path);
	if (open_path(connection->httpd, path, &file, &status) != 0)
		return respond_listing(connection, directory);
	good = is_directory(&status) ? respond_listing(connection, directory)
	                             : respond_file(connection, path, file, &status);
	vfs_close(connection->httpd->vfs, file);
	return good;
}

/* With a slash, so that the links on its page lead into it. */
static bool respond_moved(struct connection_state *connection)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *path = connection->head.path;
	char fields[FIELDS_SIZE];
	size_t length = format_string(fields, sizeof(fields), "Location: ");

	/* What begins with two slashes would be another host (RFC 3986, section 4.2). */
	while (path[0] == '/' && path[1] == '/')
		path++;
	for (const char *at = path; *at != '\0'; at++) {
		unsigned char byte = (unsigned char)*at;

		if (length + 8 >= sizeof(fields))
			return respond_error(connection, 414);
		if (byte <= ' ' || byte >= 127 || byte == '%' || byte == '?' || byte == '#' || byte == '"' ||
		    byte == '\\') {
			fields[length++] = '%';
			fields[length++] = digits[byte >> 4];
			fields[length++] = digits[byte & 15];
		} else {
			fields[length++] = (char)byte;
		}
	}
	format_string(fields + length, sizeof(fields) - length, "/\r\n");
	return respond_text(connection, 301, fields);
}

bool respond_path(struct connection_state *connection)
{
	const char *path = connection->head.path;
	struct vfs_status status;
	uint32_t file;
	int32_t error = open_path(connection->httpd, path, &file, &status);
	bool good;

	if (error != 0)
		return respond_status(connection, error);
	if (!is_directory(&status))
		good = respond_file(connection, path, file, &status);
	else if (path[string_length(path) - 1] != '/')
		good = respond_moved(connection);
	else
		good = respond_directory(connection, file);
	vfs_close(connection->httpd->vfs, file);
	return good;
}
