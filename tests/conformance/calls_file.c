/* Calls on open files, which a script names by numbers (calls.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calls.h"
#include "system.h"

#define FILES 16

static int files[FILES] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

static const struct flag_name open_flags[] = {
	{"RDONLY", O_RDONLY}, {"WRONLY", O_WRONLY},       {"RDWR", O_RDWR},         {"CREAT", O_CREAT},
	{"EXCL", O_EXCL},     {"TRUNC", O_TRUNC},         {"APPEND", O_APPEND},     {"NOFOLLOW", O_NOFOLLOW},
	{"DIRECTORY", O_DIRECTORY}, {"NONBLOCK", O_NONBLOCK}, {"PATH", O_PATH},     {"SYNC", O_SYNC},
	{"NOATIME", O_NOATIME}, {"TMPFILE", O_TMPFILE},   {NULL, 0}};

static int *slot_of(const char *word)
{
	long long number = number_of(word);

	if (number < 0 || number >= FILES)
		script_wrong("no file", word);
	return &files[number];
}

static int file_of(const char *word)
{
	return *slot_of(word);
}

void calls_file_reset(void)
{
	for (size_t i = 0; i < FILES; i++) {
		if (files[i] >= 0)
			sys_close(files[i]);
		files[i] = -1;
	}
}

/* open PATH FLAGS [MODE]: opens and closes it */
static int run_open(struct call_words *words)
{
	mode_t mode = words->count == 4 ? (mode_t)strtoul(words->word[3], NULL, 8) : 0;
	int file = sys_open(words->word[1], flags_of(words->word[2], open_flags), mode);

	return file < 0 ? -1 : sys_close(file);
}

/* hold N PATH FLAGS [MODE]: opens it as N */
static int run_hold(struct call_words *words)
{
	mode_t mode = words->count == 5 ? (mode_t)strtoul(words->word[4], NULL, 8) : 0;
	int *slot = slot_of(words->word[1]);
	int file = sys_open(words->word[2], flags_of(words->word[3], open_flags), mode);

	if (file < 0)
		return -1;
	if (*slot >= 0)
		sys_close(*slot);
	*slot = file;
	return 0;
}

static int run_close(struct call_words *words)
{
	int *slot = slot_of(words->word[1]), file = *slot;

	*slot = -1;
	return sys_close(file);
}

/* write N TEXT [OFFSET]; TEXT may be *LENGTH: so many bytes */
static int run_write(struct call_words *words)
{
	char *text = words->word[2], *memory = NULL;
	size_t length = strlen(text);
	ssize_t written;

	if (text[0] == '*') {
		length = (size_t)number_of(text + 1);
		text = memory = malloc(length + 1);
		if (memory == NULL)
			return -1;
		memset(memory, 'w', length);
	}
	written = words->count == 4 ? sys_pwrite(file_of(words->word[1]), text, length, number_of(words->word[3]))
	                            : sys_write(file_of(words->word[1]), text, length);
	free(memory);
	if (written < 0)
		return -1;
	say(words, "%zd", written);
	return 0;
}

/* A byte is shown as itself; one of no shape as a dot. Long content by its length and sum. */
static void say_content(struct call_words *words, const unsigned char *data, size_t length)
{
	unsigned long sum = 0;
	char text[65];

	for (size_t i = 0; i < length; i++)
		sum = sum * 31 + data[i];
	if (length >= sizeof(text)) {
		say(words, "%zu bytes, sum %lx", length, sum);
		return;
	}
	for (size_t i = 0; i < length; i++)
		text[i] = (char)(data[i] > ' ' && data[i] < 127 ? data[i] : '.');
	text[length] = '\0';
	say(words, "%zu '%s'", length, text);
}

/* read N LENGTH [OFFSET] */
static int run_read(struct call_words *words)
{
	size_t length = (size_t)number_of(words->word[2]);
	unsigned char *data = malloc(length + 1);
	ssize_t result = -1;

	if (data == NULL)
		return -1;
	result = words->count == 4 ? sys_pread(file_of(words->word[1]), data, length, number_of(words->word[3]))
	                           : sys_read(file_of(words->word[1]), data, length);
	if (result >= 0)
		say_content(words, data, (size_t)result);
	free(data);
	return result < 0 ? -1 : 0;
}

/* seek N OFFSET set|current|end|data|hole */
static int run_seek(struct call_words *words)
{
	static const struct flag_name whence[] = {{"set", SEEK_SET},   {"current", SEEK_CUR}, {"end", SEEK_END},
	                                          {"data", SEEK_DATA}, {"hole", SEEK_HOLE},   {NULL, 0}};
	off_t offset = sys_lseek(file_of(words->word[1]), number_of(words->word[2]), flags_of(words->word[3], whence));

	if (offset < 0)
		return -1;
	say(words, "%lld", (long long)offset);
	return 0;
}

static int run_ftruncate(struct call_words *words)
{
	return sys_ftruncate(file_of(words->word[1]), number_of(words->word[2]));
}

/* fallocate N OFFSET LENGTH [keep,punch,zero,collapse,insert] */
static int run_fallocate(struct call_words *words)
{
	static const struct flag_name modes[] = {{"keep", FALLOC_FL_KEEP_SIZE},    {"punch", FALLOC_FL_PUNCH_HOLE},
	                                         {"zero", FALLOC_FL_ZERO_RANGE},   {"collapse", FALLOC_FL_COLLAPSE_RANGE},
	                                         {"insert", FALLOC_FL_INSERT_RANGE}, {NULL, 0}};
	int mode = words->count == 5 ? flags_of(words->word[4], modes) : 0;

	return sys_fallocate(file_of(words->word[1]), mode, number_of(words->word[2]), number_of(words->word[3]));
}

/* copy N OFFSET N OFFSET LENGTH */
static int run_copy(struct call_words *words)
{
	off_t from = number_of(words->word[2]), to = number_of(words->word[4]);
	ssize_t copied = sys_copy_file_range(file_of(words->word[1]), from, file_of(words->word[3]), to,
	                                     (size_t)number_of(words->word[5]));

	if (copied < 0)
		return -1;
	say(words, "%zd", copied);
	return 0;
}

/* fstat N FIELDS, of type mode nlink size */
static int run_fstat(struct call_words *words)
{
	struct stat status;

	if (sys_fstat(file_of(words->word[1]), &status) != 0)
		return -1;
	say(words, "%o %lu %lld", status.st_mode, (unsigned long)status.st_nlink, (long long)status.st_size);
	return 0;
}

static int run_fchmod(struct call_words *words)
{
	return sys_fchmod(file_of(words->word[1]), (mode_t)strtoul(words->word[2], NULL, 8));
}

static int run_fchown(struct call_words *words)
{
	return sys_fchown(file_of(words->word[1]), (uid_t)number_of(words->word[2]), (gid_t)number_of(words->word[3]));
}

static int run_fsync(struct call_words *words)
{
	return sys_fsync(file_of(words->word[1]));
}

/* flock N shared|exclusive|unlock: never waits */
static int run_flock(struct call_words *words)
{
	static const struct flag_name kinds[] = {
		{"shared", LOCK_SH}, {"exclusive", LOCK_EX}, {"unlock", LOCK_UN}, {NULL, 0}};

	return sys_flock(file_of(words->word[1]), flags_of(words->word[2], kinds) | LOCK_NB);
}

static const struct flag_name lock_kinds[] = {
	{"read", F_RDLCK}, {"write", F_WRLCK}, {"unlock", F_UNLCK}, {NULL, 0}};

static int set_lock(struct call_words *words, bool process, bool wait)
{
	return sys_lock(file_of(words->word[1]), process, wait, (short)flags_of(words->word[2], lock_kinds),
	                number_of(words->word[3]), number_of(words->word[4]));
}

/* lock N read|write|unlock START LENGTH: a record lock of the open file; never waits */
static int run_lock(struct call_words *words)
{
	return set_lock(words, false, false);
}

/* waitlock N read|write|unlock START LENGTH: the same, and waits */
static int run_waitlock(struct call_words *words)
{
	return set_lock(words, false, true);
}

/* plock N read|write|unlock START LENGTH: the same of the process */
static int run_plock(struct call_words *words)
{
	return set_lock(words, true, false);
}

/* testlock N read|write START LENGTH: what hinders the open file */
static int run_testlock(struct call_words *words)
{
	short type = (short)flags_of(words->word[2], lock_kinds);
	off_t start = number_of(words->word[3]), length = number_of(words->word[4]);

	if (sys_test_lock(file_of(words->word[1]), &type, &start, &length) != 0)
		return -1;
	if (type == F_UNLCK)
		say(words, "nothing");
	else
		say(words, "%s %lld %lld", type == F_WRLCK ? "write" : "read", (long long)start, (long long)length);
	return 0;
}

/* map N LENGTH TEXT OFFSET: writes through a shared mapping of that length */
static int run_map(struct call_words *words)
{
	const char *text = words->word[3];
	off_t offset = number_of(words->word[4]);

	if (offset + (off_t)strlen(text) > number_of(words->word[2]))
		script_wrong("not within the mapping", text);
	return sys_map_write(file_of(words->word[1]), offset, text, strlen(text));
}

const struct call_entry calls_file[] = {
	{"open", 2, 3, run_open},           {"hold", 3, 4, run_hold},     {"close", 1, 1, run_close},
	{"write", 2, 3, run_write},         {"read", 2, 3, run_read},     {"seek", 3, 3, run_seek},
	{"ftruncate", 2, 2, run_ftruncate}, {"fallocate", 3, 4, run_fallocate}, {"copy", 5, 5, run_copy},
	{"fstat", 1, 1, run_fstat},         {"fchmod", 2, 2, run_fchmod}, {"fchown", 3, 3, run_fchown},
	{"fsync", 1, 1, run_fsync},         {"flock", 2, 2, run_flock},   {"lock", 4, 4, run_lock},
	{"map", 4, 4, run_map},             {"plock", 4, 4, run_plock},   {"testlock", 4, 4, run_testlock},
	{"waitlock", 4, 4, run_waitlock},   {NULL, 0, 0, NULL},
};
