/* See text.h. */
#include "text.h"

#include <drydock/abi/error.h>
#include <drydock/posix.h>
#include <stdio.h>
#include <string.h>

static const char *error_text(uint32_t error)
{
	switch ((enum error)error) {
	case E_OK:
		return "Success";
	case E_PORT_INVALID:
		return "No such port";
	case E_PORT_FULL:
		return "The port is full";
	case E_NO_RIGHTS:
		return "A right is missing";
	case E_INVAL:
		return "The kernel refused an argument";
	case E_NOMEM:
		return "The machine has no memory left";
	case E_CAP_INVALID:
		return "The capability is no longer valid";
	case E_PROCESS_NOT_FOUND:
		return "No such process";
	case E_NOT_OWNER:
		return "Only the owner may do this";
	case E_ALIGN:
		return "A size is not aligned";
	case E_INVALID_SYSCALL:
		return "The kernel does not know this system call";
	case E_TIMED_OUT:
		return "The server did not answer in time";
	case E_PEER_DEAD:
		return "The server died or closed the connection";
	case E_WOULD_BLOCK:
		return "Nothing is there yet";
	case E_QUOTA:
		return "The quota of this command's role is used up";
	case E_VIOLATION:
		return "The server broke the rules of its connection";
	case E_CANCELLED:
		return "The call was cancelled";
	case E_REFUSED:
		return "The server refused the connection";
	case E_EXISTS:
		return "The name is taken";
	case E_BUSY:
		return "In use";
	case E_IO:
		return "The machine beneath failed";
	case E_TOO_LARGE:
		return "Too large for the connection";
	}
	return "Unknown error";
}

const char *text_status(int32_t status)
{
	/* POSIX numbers are Linux's (drydock/posix.h). */
	return status > 0 ? strerror(status) : error_text(-(uint32_t)status);
}

static char type_letter(uint32_t mode)
{
	switch (mode & POSIX_S_IFMT) {
	case POSIX_S_IFSOCK:
		return 's';
	case POSIX_S_IFLNK:
		return 'l';
	case POSIX_S_IFREG:
		return '-';
	case POSIX_S_IFBLK:
		return 'b';
	case POSIX_S_IFDIR:
		return 'd';
	case POSIX_S_IFCHR:
		return 'c';
	case POSIX_S_IFIFO:
		return 'p';
	}
	return '?';
}

void text_mode(uint32_t mode, char text[TEXT_MODE_SIZE])
{
	static const char letters[] = "rwxrwxrwx";

	text[0] = type_letter(mode);
	for (unsigned int bit = 0; bit < 9; bit++)
		text[1 + bit] = mode & (0400u >> bit) ? letters[bit] : '-';
	if (mode & POSIX_S_ISUID)
		text[3] = mode & 0100 ? 's' : 'S';
	if (mode & POSIX_S_ISGID)
		text[6] = mode & 0010 ? 's' : 'S';
	if (mode & POSIX_S_ISVTX)
		text[9] = mode & 0001 ? 't' : 'T';
	text[10] = 0;
}

const char *text_file_type(uint32_t mode)
{
	switch (type_letter(mode)) {
	case 's':
		return "socket";
	case 'l':
		return "symbolic link";
	case '-':
		return "regular file";
	case 'b':
		return "block device";
	case 'd':
		return "directory";
	case 'c':
		return "character device";
	case 'p':
		return "fifo";
	}
	return "unknown type";
}

void text_size(uint64_t bytes, char text[TEXT_SIZE_SIZE])
{
	static const char units[] = "KMGTPE";
	unsigned int unit = 0;
	uint64_t tenths;

	if (bytes < 1024) {
		snprintf(text, TEXT_SIZE_SIZE, "%u B", (unsigned int)bytes);
		return;
	}
	while (bytes >= 1024 * 1024) {
		bytes >>= 10;
		unit++;
	}
	tenths = bytes * 10 / 1024;
	if (tenths < 100)
		snprintf(text, TEXT_SIZE_SIZE, "%u.%u %ciB", (unsigned int)(tenths / 10), (unsigned int)(tenths % 10),
		         units[unit]);
	else
		snprintf(text, TEXT_SIZE_SIZE, "%u %ciB", (unsigned int)(tenths / 10), units[unit]);
}

/* Length of the well-formed UTF-8 sequence at `text` (RFC 3629, section 4); 0 where there is none. */
static size_t utf8_length(const unsigned char *text, size_t length)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t need;

	if (text[0] < 0x80)
		return 1;
	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		need = 2;
	else if (text[0] >= 0xe0 && text[0] <= 0xef)
		need = 3;
	else if (text[0] >= 0xf0 && text[0] <= 0xf4)
		need = 4;
	else
		return 0;
	if (length < need)
		return 0;
	if (text[0] == 0xe0)
		low = 0xa0; /* overlong */
	else if (text[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (text[0] == 0xf0)
		low = 0x90; /* overlong */
	else if (text[0] == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t index = 2; index < need; index++)
		if (text[index] < 0x80 || text[index] > 0xbf)
			return 0;
	return need;
}

void text_harmless(char *text, size_t length, bool lines)
{
	unsigned char *bytes = (unsigned char *)text;

	while (length) {
		size_t sequence = utf8_length(bytes, length);
		bool control;

		if (!sequence) {
			*bytes = '?';
			sequence = 1;
		}
		/* C0, DEL, and the C1 controls U+0080 to U+009F, which terminals obey as well. */
		control = *bytes < 0x20 || *bytes == 0x7f || (sequence == 2 && *bytes == 0xc2 && bytes[1] < 0xa0);
		if (control && !(lines && (*bytes == '\n' || *bytes == '\t')))
			memset(bytes, '?', sequence);
		bytes += sequence;
		length -= sequence;
	}
}

int text_vfs_path(const char *given, char *path)
{
	int length;

	if (!given[0])
		return -1;
	length = snprintf(path, POSIX_PATH_MAX, "%s%s", given[0] == '/' ? "" : "/", given);
	return length < POSIX_PATH_MAX ? 0 : -1;
}

const char *text_base(const char *path, size_t *length)
{
	size_t end = strlen(path), start;

	while (end && path[end - 1] == '/')
		end--;
	start = end;
	while (start && path[start - 1] != '/')
		start--;
	*length = end - start;
	return path + start;
}

int text_join(const char *directory, const char *name, char *path)
{
	size_t length, end = strlen(directory);
	const char *base = text_base(name, &length);

	while (end && directory[end - 1] == '/')
		end--;
	if (!length || end + 1 + length >= POSIX_PATH_MAX)
		return -1;
	memcpy(path, directory, end);
	path[end] = '/';
	memcpy(path + end + 1, base, length);
	path[end + 1 + length] = 0;
	return 0;
}
