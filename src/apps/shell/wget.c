/*
 * wget: a file by HTTP. It asks as HTTP/1.0, whose answers end with the connection and
 * come in no chunks (RFC 9112, section 6.3); redirections are said, not followed.
 */
#include <drydock/format.h>
#include <drydock/string.h>

#include "builtin.h"
#include "net.h"
#include "text.h"

#define HTTP_PORT    80
#define HOST_SIZE    264u /* a name with its port */
#define HEAD_MOST    8192u
#define REQUEST_SIZE (POSIX_PATH_MAX + 128u)

struct fetch {
	struct shell *shell;
	const char *url;
	const char *path; /* within url; "" is the root */
	char host[HOST_SIZE];
	struct network_address address;
	struct shell_socket socket;
	uint8_t *bytes;           /* CHUNK_SIZE of them */
	uint32_t count;           /* of them that have come */
	uint32_t status;          /* of the response */
	uint64_t length, written; /* UINT64_MAX: the response does not say its length */
};

/* ---- the URL ------------------------------------------------------------------------- */

/* False after saying what is wrong. */
static bool read_url(struct fetch *fetch)
{
	static const char scheme[] = "http://";
	const char *host = fetch->url + sizeof(scheme) - 1;
	size_t length = 0;

	if (string_length_within(fetch->url, sizeof(scheme) - 1) < sizeof(scheme) - 1 ||
	    memcmp(fetch->url, scheme, sizeof(scheme) - 1) != 0) {
		shell_error(fetch->shell, "wget: %s: not a URL such as http://10.77.0.1/file", fetch->url);
		return false;
	}
	while (host[length] != '\0' && host[length] != '/')
		length++;
	fetch->path = host + length;
	if (length == 0 || length >= sizeof(fetch->host)) {
		shell_error(fetch->shell, "wget: %s: not a URL such as http://10.77.0.1/file", fetch->url);
		return false;
	}
	string_copy(fetch->host, sizeof(fetch->host), host, length);
	for (const char *at = fetch->path; *at != '\0'; at++) {
		if ((unsigned char)*at <= ' ' || *at == 127) {
			shell_error(fetch->shell, "wget: %s: a blank in a URL is written %%20", fetch->url);
			return false;
		}
	}
	return true;
}

/* ---- the response ----------------------------------------------------------------------- */

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* "HTTP/1.1 200 OK" */
static bool read_first_line(struct fetch *fetch, const char *line, size_t length)
{
	if (length < 12 || memcmp(line, "HTTP/1.", 7) != 0 || !is_digit(line[7]) || line[8] != ' ' ||
	    !is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]) ||
	    (length > 12 && line[12] != ' '))
		return false;
	fetch->status = (uint32_t)((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
	return true;
}

/* Of the other lines one counts. False where it makes no sense. */
static bool read_field(struct fetch *fetch, const char *line, size_t length)
{
	static const char name[] = "content-length:";
	char digits[24];
	size_t at;

	for (at = 0; name[at] != '\0'; at++) {
		char byte = at < length ? line[at] : '\0';

		if ((byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte) != name[at])
			return true;
	}
	while (at < length && (line[at] == ' ' || line[at] == '\t'))
		at++;
	while (length > at && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	string_copy(digits, sizeof(digits), line + at, length - at);
	return length - at < sizeof(digits) && length > at && is_digit(line[length - 1]) &&
	       string_to_number(digits, &fetch->length);
}

/* Reads the head at the beginning of fetch->bytes: 1 and how long it is, 0 if it is not whole yet, -1 for nonsense. */
static int read_head(struct fetch *fetch, uint32_t *head_length)
{
	const char *text = (const char *)fetch->bytes;
	uint32_t start = 0;

	for (uint32_t at = 0; at < fetch->count && at < HEAD_MOST; at++) {
		uint32_t end = at;

		if (text[at] != '\n')
			continue;
		if (end > start && text[end - 1] == '\r')
			end--;
		if (start > 0 && end == start) {
			*head_length = at + 1;
			return 1;
		}
		if (start == 0 ? !read_first_line(fetch, text, end)
		               : !read_field(fetch, text + start, end - start))
			return -1;
		start = at + 1;
	}
	return fetch->count < HEAD_MOST ? 0 : -1;
}

static int32_t receive_more(struct fetch *fetch, uint32_t *count)
{
	return shell_socket_receive(fetch->shell, &fetch->socket, fetch->bytes + fetch->count,
	                            CHUNK_SIZE - fetch->count, 0, count, NULL);
}

/* Up to the body, whose beginning is then fetch->bytes. POSIX_EPROTO: that is no HTTP. */
static int32_t receive_head(struct fetch *fetch)
{
	uint32_t count, head = 0;
	int32_t status;
	int found;

	while ((found = read_head(fetch, &head)) == 0) {
		status = receive_more(fetch, &count);
		if (status || count == 0)
			return status ? status : POSIX_EPROTO;
		fetch->count += count;
	}
	if (found < 0)
		return POSIX_EPROTO;
	fetch->count -= head;
	memmove(fetch->bytes, fetch->bytes + head, fetch->count);
	return 0;
}

static int32_t request(struct fetch *fetch)
{
	char text[REQUEST_SIZE];
	size_t length = format_string(text, sizeof(text),
	                              "GET %s%s HTTP/1.0\r\nHost: %s\r\nUser-Agent: Drydock\r\n\r\n",
	                              fetch->path[0] == '/' ? "" : "/", fetch->path, fetch->host);
	int32_t status;

	if (length >= sizeof(text))
		return POSIX_ENAMETOOLONG;
	status = shell_socket_connect(fetch->shell, &fetch->socket, &fetch->address);
	return status ? status : shell_socket_send(fetch->shell, &fetch->socket, text, (uint32_t)length);
}

/* ---- the file ------------------------------------------------------------------------------ */

/* The body into the file, up to its length or the connection's end. A failure is said. */
static int save_body(struct fetch *fetch, const struct shell_file *file, const char *path)
{
	int32_t status = 0;

	for (;;) {
		uint64_t left = fetch->length - fetch->written;

		if (fetch->count > left)
			fetch->count = (uint32_t)left;
		status = file_write(fetch->shell, file, fetch->bytes, fetch->count);
		if (status)
			return shell_status_error(fetch->shell, "wget", path, status);
		fetch->written += fetch->count;
		fetch->count = 0;
		if (fetch->written == fetch->length)
			return 0;
		status = receive_more(fetch, &fetch->count);
		if (status)
			return net_error(fetch->shell, "wget", fetch->url, status);
		if (fetch->count == 0)
			break;
	}
	if (fetch->length == UINT64_MAX)
		return 0;
	return shell_error(fetch->shell, "wget: %s: ended after %llu bytes of %llu", fetch->url,
	                   (unsigned long long)fetch->written, (unsigned long long)fetch->length);
}

static int save(struct fetch *fetch, const char *operand)
{
	char path[POSIX_PATH_MAX];
	struct shell_file file;
	int32_t status, closed;
	int result;

	if (!file_path(fetch->shell, "wget", operand, path))
		return SHELL_FAILED;
	status = file_open(fetch->shell, path, VFS_OPEN_WRITE | VFS_OPEN_CREATE | VFS_OPEN_TRUNCATE, 0644,
	                   &file);
	if (status)
		return shell_status_error(fetch->shell, "wget", path, status);
	result = save_body(fetch, &file, path);
	closed = file_close(fetch->shell, &file);
	if (result == 0 && closed)
		return shell_status_error(fetch->shell, "wget", path, closed);
	if (result == 0)
		output_print(fetch->shell, "%llu bytes\n", (unsigned long long)fetch->written);
	return result;
}

/* "name:8080" has its port behind it; addresses have theirs in their own way. False after saying what is wrong. */
static bool find_host(struct fetch *fetch)
{
	char name[HOST_SIZE];
	size_t length = 0;
	uint64_t port;

	fetch->address.port = HTTP_PORT;
	string_copy(name, sizeof(name), fetch->host, string_length(fetch->host));
	while (name[length] != '\0' && name[length] != ':')
		length++;
	if (name[length] == ':' && !network_address_read(name, &fetch->address)) {
		if (!string_to_number(name + length + 1, &port) || port == 0 || port > UINT16_MAX) {
			shell_error(fetch->shell, "wget: %s: the host's port is none", fetch->url);
			return false;
		}
		name[length] = '\0';
		fetch->address.port = (uint16_t)port;
	}
	return shell_resolve(fetch->shell, "wget", name, &fetch->address);
}

static int fetch_all(struct fetch *fetch, const char *operand)
{
	int32_t status = shell_socket_open(fetch->shell, SOCKET_KIND_STREAM, &fetch->socket);

	if (!status)
		status = request(fetch);
	if (!status)
		status = receive_head(fetch);
	if (status == POSIX_EPROTO)
		return shell_error(fetch->shell, "wget: %s: what answers there does not speak HTTP",
		                   fetch->url);
	if (status)
		return net_error(fetch->shell, "wget", fetch->url, status);
	if (fetch->status != 200)
		return shell_error(fetch->shell, "wget: %s: the server answers %u", fetch->url,
		                   fetch->status);
	return save(fetch, operand);
}

int builtin_wget(struct shell *shell, const struct arguments *arguments)
{
	struct fetch fetch = {.shell = shell, .url = arguments->operands[0], .length = UINT64_MAX};
	const char *name = "index.html", *base;
	char default_name[POSIX_NAME_MAX + 1];
	size_t length;
	int result;

	if (!read_url(&fetch))
		return SHELL_WRONG;
	base = text_base(fetch.path, &length);
	if (arguments->count > 1) {
		name = arguments->operands[1];
	} else if (length > 0 && length <= POSIX_NAME_MAX &&
	           fetch.path[string_length(fetch.path) - 1] != '/') {
		string_copy(default_name, sizeof(default_name), base, length);
		name = default_name;
	}
	if (!find_host(&fetch))
		return SHELL_FAILED;
	fetch.bytes = runtime_allocate(shell->runtime, CHUNK_SIZE);
	if (!fetch.bytes)
		return shell_status_error(shell, "wget", fetch.url, POSIX_ENOMEM);
	result = fetch_all(&fetch, name);
	shell_socket_close(shell, &fetch.socket);
	runtime_free(shell->runtime, fetch.bytes);
	return result;
}
