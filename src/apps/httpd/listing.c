/*
 * A directory as a page of links. How long it becomes is not known before, so it goes
 * in chunks (RFC 9112, section 7.1), or to HTTP/1.0 up to the connection's end.
 */
#include <drydock/format.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "internal.h"

#define ENTRIES_SIZE 4096u
/* The longest line: a name of 255 bytes, each of which becomes %XX and, for people, six of "&quot;". */
#define LINE_MOST (POSIX_NAME_MAX * 9u + 64u)

/* The page as far as it was not sent: behind room for a chunk's size, before room for its end. */
#define SIZE_LENGTH 8u /* "00001234" in hexadecimal, the CR LF behind it */
#define TEXT_START  (SIZE_LENGTH + 2)

struct page {
	struct connection_state *connection;
	uint32_t length; /* of text, from connection->chunk + TEXT_START */
	bool good;       /* all could be sent so far */
};

static void page_send(struct page *page)
{
	uint8_t *chunk = page->connection->chunk;
	bool chunked = !page->connection->head.version_1_0;
	char size[TEXT_START + 1];

	if (page->length == 0 || !page->good)
		return;
	format_string(size, sizeof(size), "%08x\r\n", page->length);
	memcpy(chunk, size, TEXT_START);
	memcpy(chunk + TEXT_START + page->length, "\r\n", 2);
	page->good = chunked ? connection_send(page->connection, chunk, TEXT_START + page->length + 2, true)
	                     : connection_send(page->connection, chunk + TEXT_START, page->length, true);
	page->length = 0;
}

static void page_put(struct page *page, const char *text, size_t length)
{
	memcpy(page->connection->chunk + TEXT_START + page->length, text, length);
	page->length += (uint32_t)length;
}

static void page_text(struct page *page, const char *text)
{
	page_put(page, text, string_length(text));
}

/* As a path in a link (RFC 3986, section 2.3: all but what is unreserved is escaped). */
static void page_link(struct page *page, const char *name, size_t length)
{
	for (size_t at = 0; at < length; at++) {
		unsigned char byte = (unsigned char)name[at];
		bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
		             (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' ||
		             byte == '~';
		char escaped[4];

		format_string(escaped, sizeof(escaped), plain ? "%c" : "%%%02x", byte);
		page_text(page, escaped);
	}
}

/* For people: nothing in a name is markup. */
static void page_name(struct page *page, const char *name, size_t length)
{
	for (size_t at = 0; at < length; at++) {
		switch (name[at]) {
		case '<':
			page_text(page, "&lt;");
			break;
		case '>':
			page_text(page, "&gt;");
			break;
		case '&':
			page_text(page, "&amp;");
			break;
		case '"':
			page_text(page, "&quot;");
			break;
		default:
			page_put(page, &name[at], 1);
		}
	}
}

static void page_entry(struct page *page, const struct vfs_entry *entry, const char *name)
{
	const char *slash = (entry->mode & POSIX_S_IFMT) == POSIX_S_IFDIR ? "/" : "";

	if (entry->name_length == 1 && name[0] == '.')
		return;
	if (page->length + LINE_MOST > CHUNK - TEXT_START - 2)
		page_send(page);
	page_text(page, "<li><a href=\"./");
	page_link(page, name, entry->name_length);
	page_text(page, slash);
	page_text(page, "\">");
	page_name(page, name, entry->name_length);
	page_text(page, slash);
	page_text(page, "</a></li>\n");
}

/* Takes the entries of one reply, and says where the next goes on. False: they make no sense. */
static bool take_entries(struct page *page, const uint8_t *bytes, uint32_t length, uint64_t *cookie)
{
	struct vfs_entry entry;

	for (uint32_t at = 0; at < length; at += (entry.name_length + 7) & ~7u) {
		if (length - at < sizeof(entry))
			return false;
		memcpy(&entry, bytes + at, sizeof(entry));
		at += (uint32_t)sizeof(entry);
		if (entry.name_length == 0 || entry.name_length > POSIX_NAME_MAX ||
		    entry.name_length > length - at)
			return false;
		page_entry(page, &entry, (const char *)bytes + at);
		*cookie = entry.cookie;
	}
	return true;
}

/* All names. False: they could not be had, or not be sent. */
static bool put_entries(struct page *page, uint32_t directory)
{
	struct client *vfs = page->connection->httpd->vfs;
	struct vfs_readdir_results results;
	uint8_t entries[ENTRIES_SIZE];
	uint64_t cookie = 0;

	do {
		if (vfs_readdir(vfs, directory, cookie, entries, sizeof(entries), &results) != 0 ||
		    results.entries_length > sizeof(entries) ||
		    !take_entries(page, entries, results.entries_length, &cookie))
			return false;
	} while (results.entries_length > 0 && page->good);
	return page->good;
}

bool respond_listing(struct connection_state *connection, uint32_t directory)
{
	struct page page = {.connection = connection, .good = true};
	bool chunked = !connection->head.version_1_0;
	char fields[96];

	if (!chunked)
		connection->head.keep_alive = false;
	format_string(fields, sizeof(fields), "Content-Type: text/html; charset=utf-8\r\n%s",
	              chunked ? "Transfer-Encoding: chunked\r\n" : "");
	if (connection->head.method == METHOD_HEAD)
		return respond_begin(connection, 200, fields, false);
	if (!respond_begin(connection, 200, fields, true))
		return false;
	page_text(&page, "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>Drydock</title>\n<ul>\n");
	if (!put_entries(&page, directory)) {
		connection_abort(connection);
		return false;
	}
	page_text(&page, "</ul>\n");
	page_send(&page);
	if (page.good && chunked)
		page.good = connection_send(connection, "0\r\n\r\n", 5, false);
	return page.good;
}
