/* See text.h. */
#include "text.h"

#include <drydock/format.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "character.h"

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
		format_string(text, TEXT_SIZE_SIZE, "%u B", (unsigned int)bytes);
		return;
	}
	while (bytes >= 1024 * 1024) {
		bytes >>= 10;
		unit++;
	}
	tenths = bytes * 10 / 1024;
	if (tenths < 100)
		format_string(text, TEXT_SIZE_SIZE, "%u.%u %ciB", (unsigned int)(tenths / 10), (unsigned int)(tenths % 10),
		         units[unit]);
	else
		format_string(text, TEXT_SIZE_SIZE, "%u %ciB", (unsigned int)(tenths / 10), units[unit]);
}

void text_slice(uint32_t microseconds, char text[TEXT_SLICE_SIZE])
{
	if (microseconds % 1000 == 0)
		format_string(text, TEXT_SLICE_SIZE, "%u ms", microseconds / 1000);
	else
		format_string(text, TEXT_SLICE_SIZE, "%u.%03u ms", microseconds / 1000, microseconds % 1000);
}

void text_harmless(char *text, size_t length, bool lines)
{
	unsigned char *bytes = (unsigned char *)text;

	while (length) {
		size_t sequence = character_length((const char *)bytes, length);
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

/* Days since 1970-01-01 as a date of the Gregorian calendar, which repeats every 400 years. */
static void civil_date(int64_t days, int64_t *year, unsigned int *month, unsigned int *day)
{
	static const unsigned int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const int64_t cycle = 146097;
	int64_t cycles = days / cycle;
	bool leap;

	days -= cycles * cycle;
	if (days < 0) {
		days += cycle;
		cycles--;
	}
	for (*year = 1970 + 400 * cycles;; ++*year) {
		leap = *year % 4 == 0 && (*year % 100 != 0 || *year % 400 == 0);
		if (days < 365 + leap)
			break;
		days -= 365 + leap;
	}
	for (*month = 0;; ++*month) {
		int64_t length = lengths[*month] + (*month == 1 && leap);

		if (days < length)
			break;
		days -= length;
	}
	++*month;
	*day = (unsigned int)days + 1;
}

void text_date(int64_t seconds, char text[TEXT_DATE_SIZE])
{
	const int64_t day_length = 86400;
	int64_t days = seconds / day_length, rest = seconds % day_length, year;
	unsigned int month, day;

	if (rest < 0) {
		rest += day_length;
		days--;
	}
	civil_date(days, &year, &month, &day);
	format_string(text, TEXT_DATE_SIZE, "%04lld-%02u-%02u %02u:%02u:%02u", (long long)year, month, day,
	              (unsigned int)(rest / 3600), (unsigned int)(rest / 60 % 60), (unsigned int)(rest % 60));
}

int text_path(const char *directory, const char *given, char *path)
{
	size_t length = string_length(directory);
	const char *between = length > 0 && directory[length - 1] == '/' ? "" : "/";

	if (!given[0])
		return -1;
	if (given[0] == '/')
		directory = between = "";
	return format_string(path, POSIX_PATH_MAX, "%s%s%s", directory, between, given) < POSIX_PATH_MAX ? 0 : -1;
}

const char *text_base(const char *path, size_t *length)
{
	size_t end = string_length(path), start;

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
	size_t length, end = string_length(directory);
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
