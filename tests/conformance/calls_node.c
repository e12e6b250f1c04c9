/* Calls about what a name stands for: attributes and extended attributes (calls.h). */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>

#include "calls.h"
#include "system.h"

/* ---- stat ---------------------------------------------------------------------- */

static void say_field(struct call_words *words, const struct stat *status, const char *field)
{
	static const char types[16] = {[S_IFREG >> 12] = 'f', [S_IFDIR >> 12] = 'd', [S_IFLNK >> 12] = 'l',
	                               [S_IFIFO >> 12] = 'p', [S_IFSOCK >> 12] = 's', [S_IFCHR >> 12] = 'c',
	                               [S_IFBLK >> 12] = 'b'};

	if (strcmp(field, "type") == 0)
		say(words, "%c", types[(status->st_mode >> 12) & 15]);
	else if (strcmp(field, "mode") == 0)
		say(words, "%04o", status->st_mode & 07777);
	else if (strcmp(field, "nlink") == 0)
		say(words, "%lu", (unsigned long)status->st_nlink);
	else if (strcmp(field, "uid") == 0)
		say(words, "%u", status->st_uid);
	else if (strcmp(field, "gid") == 0)
		say(words, "%u", status->st_gid);
	else if (strcmp(field, "size") == 0)
		say(words, "%lld", (long long)status->st_size);
	else if (strcmp(field, "blocks") == 0)
		say(words, "%lld", (long long)status->st_blocks);
	else if (strcmp(field, "rdev") == 0)
		say(words, "%u:%u", major(status->st_rdev), minor(status->st_rdev));
	else if (strcmp(field, "atime") == 0)
		say(words, "%lld.%09ld", (long long)status->st_atim.tv_sec, status->st_atim.tv_nsec);
	else if (strcmp(field, "mtime") == 0)
		say(words, "%lld.%09ld", (long long)status->st_mtim.tv_sec, status->st_mtim.tv_nsec);
	else
		script_wrong("no field", field);
}

static void say_fields(struct call_words *words, const struct stat *status, char *fields)
{
	for (char *field; (field = strsep(&fields, ",")) != NULL;)
		say_field(words, status, field);
}

static int run_stat(struct call_words *words)
{
	struct stat status;

	if (sys_stat(words->word[1], &status) != 0)
		return -1;
	say_fields(words, &status, words->word[2]);
	return 0;
}

static int run_lstat(struct call_words *words)
{
	struct stat status;

	if (sys_lstat(words->word[1], &status) != 0)
		return -1;
	say_fields(words, &status, words->word[2]);
	return 0;
}

/* same PATH PATH: whether both are one node */
static int run_same(struct call_words *words)
{
	struct stat left, right;

	if (sys_lstat(words->word[1], &left) != 0 || sys_lstat(words->word[2], &right) != 0)
		return -1;
	say(words, "%s", left.st_ino == right.st_ino && left.st_dev == right.st_dev ? "same" : "other");
	return 0;
}

/* ---- times: what of them a call changes -------------------------------------------- */

#define MARKS 8

static struct mark {
	struct stat status;
	bool set;
} marks[MARKS];

/* Until the clock by which Linux stamps files has moved on. */
static void await_tick(void)
{
	struct timespec start, now;

	clock_gettime(CLOCK_REALTIME_COARSE, &start);
	do {
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	} while (now.tv_sec == start.tv_sec && now.tv_nsec == start.tv_nsec);
}

static struct mark *mark_of(const char *word)
{
	long long number = number_of(word);

	if (number < 0 || number >= MARKS)
		script_wrong("no mark", word);
	return &marks[number];
}

/* mark N PATH: remembers its times */
static int run_mark(struct call_words *words)
{
	struct mark *mark = mark_of(words->word[1]);

	if (sys_lstat(words->word[2], &mark->status) != 0)
		return -1;
	mark->set = true;
	await_tick();
	return 0;
}

static bool later(const struct timespec *old, const struct timespec *new)
{
	return new->tv_sec > old->tv_sec || (new->tv_sec == old->tv_sec && new->tv_nsec > old->tv_nsec);
}

/* moved N PATH: which of its times are later than at the mark */
static int run_moved(struct call_words *words)
{
	struct mark *mark = mark_of(words->word[1]);
	struct stat status;

	if (!mark->set)
		script_wrong("nothing marked", words->word[1]);
	if (sys_lstat(words->word[2], &status) != 0)
		return -1;
	say(words, "%s%s%s", later(&mark->status.st_atim, &status.st_atim) ? "a" : "-",
	    later(&mark->status.st_mtim, &status.st_mtim) ? "m" : "-",
	    later(&mark->status.st_ctim, &status.st_ctim) ? "c" : "-");
	return 0;
}

/* SECONDS.NANOSECONDS, "now" or "omit" */
static struct timespec time_of(char *word)
{
	struct timespec time = {0};

	if (strcmp(word, "now") == 0)
		return (struct timespec){.tv_nsec = UTIME_NOW};
	if (strcmp(word, "omit") == 0)
		return (struct timespec){.tv_nsec = UTIME_OMIT};
	time.tv_sec = (time_t)number_of(strsep(&word, "."));
	time.tv_nsec = word != NULL ? strtol(word, NULL, 10) : 0;
	return time;
}

/* utimes PATH ATIME MTIME [nofollow] */
static int run_utimes(struct call_words *words)
{
	struct timespec times[2] = {time_of(words->word[2]), time_of(words->word[3])};

	return sys_utimens(words->word[1], times, words->count != 5);
}

/* ---- mode, owner, size --------------------------------------------------------------- */

static int run_chmod(struct call_words *words)
{
	return sys_chmod(words->word[1], (mode_t)strtoul(words->word[2], NULL, 8));
}

static int run_chown(struct call_words *words)
{
	return sys_chown(words->word[1], (uid_t)number_of(words->word[2]), (gid_t)number_of(words->word[3]), true);
}

static int run_lchown(struct call_words *words)
{
	return sys_chown(words->word[1], (uid_t)number_of(words->word[2]), (gid_t)number_of(words->word[3]), false);
}

static int run_truncate(struct call_words *words)
{
	return sys_truncate(words->word[1], number_of(words->word[2]));
}

/* access PATH MASK (of 4 2 1), with the effective ids */
static int run_access(struct call_words *words)
{
	return sys_access(words->word[1], (int)number_of(words->word[2]));
}

static int run_chdir(struct call_words *words)
{
	return sys_chdir(words->word[1]);
}

/* ---- extended attributes ---------------------------------------------------------------- */

/* setxattr PATH NAME VALUE [create|replace]; VALUE may be *LENGTH: so many bytes */
static int run_setxattr(struct call_words *words)
{
	static const struct flag_name flags[] = {{"create", XATTR_CREATE}, {"replace", XATTR_REPLACE}, {NULL, 0}};
	int flag = words->count == 5 ? flags_of(words->word[4], flags) : 0;
	char *value = words->word[3];
	size_t length = strlen(value);
	int result;

	if (value[0] != '*')
		return sys_setxattr(words->word[1], words->word[2], value, length, flag);
	length = (size_t)number_of(value + 1);
	value = calloc(1, length + 1);
	if (value == NULL)
		return -1;
	memset(value, 'v', length);
	result = sys_setxattr(words->word[1], words->word[2], value, length, flag);
	free(value);
	return result;
}

/* getxattr PATH NAME [ROOM] */
static int run_getxattr(struct call_words *words)
{
	static char value[65537];
	size_t room = words->count == 4 ? (size_t)number_of(words->word[3]) : sizeof(value) - 1;
	ssize_t length = sys_getxattr(words->word[1], words->word[2], value, room);

	if (length < 0)
		return -1;
	value[room > 0 ? length : 0] = '\0';
	if (length > 64 || room == 0)
		say(words, "%zd bytes", length);
	else
		for (ssize_t i = 0; i < length; i++)
			say(words, "%02x", (unsigned char)value[i]);
	return 0;
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static int run_listxattr(struct call_words *words)
{
	static char names[65537];
	char *sorted[256];
	ssize_t length = sys_listxattr(words->word[1], names, sizeof(names));
	size_t count = 0;

	if (length < 0)
		return -1;
	for (char *name = names; name < names + length && count < 256; name += strlen(name) + 1)
		sorted[count++] = name;
	qsort(sorted, count, sizeof(sorted[0]), compare);
	for (size_t i = 0; i < count; i++)
		say(words, "%s", sorted[i]);
	return 0;
}

static int run_removexattr(struct call_words *words)
{
	return sys_removexattr(words->word[1], words->word[2]);
}

/* ---- flags (chattr(1)) ------------------------------------------------------------------------ */

static const struct {
	char letter;
	int flag;
} file_flags[] = {{'a', FS_APPEND_FL}, {'i', FS_IMMUTABLE_FL}, {'d', FS_NODUMP_FL}, {'A', FS_NOATIME_FL}, {'c', FS_COMPR_FL}};

#define FILE_FLAGS (sizeof(file_flags) / sizeof(file_flags[0]))

/* chattr PATH =LETTER… */
static int run_chattr(struct call_words *words)
{
	int flags = 0;

	for (size_t i = 0; i < FILE_FLAGS; i++) {
		if (strchr(words->word[2], file_flags[i].letter) != NULL)
			flags |= file_flags[i].flag;
	}
	return sys_set_flags(words->word[1], flags);
}

static int run_lsattr(struct call_words *words)
{
	int flags = 0;

	if (sys_get_flags(words->word[1], &flags) != 0)
		return -1;
	for (size_t i = 0; i < FILE_FLAGS; i++)
		say(words, "%c", flags & file_flags[i].flag ? file_flags[i].letter : '-');
	return 0;
}

/* ---- access control lists ------------------------------------------------------------------- */

#define ACL_ENTRIES 1024

struct acl_value {
	unsigned int version;
	struct {
		unsigned short tag, permissions;
		unsigned int id;
	} entry[ACL_ENTRIES];
	int count; /* of entries; no part of the value */
};

/* "u", "g", "m" or "o", "-" or an id, and permissions, joined by colons: "u:1001:6". */
static void put_entry(struct acl_value *acl, char *word)
{
	static const char kinds[] = "ugmo";
	static const unsigned short tags[2][4] = {{0x02, 0x08, 0x10, 0x20}, {0x01, 0x04, 0x10, 0x20}};
	const char *kind = strchr(kinds, strsep(&word, ":")[0]), *id = strsep(&word, ":");

	if (kind == NULL || id == NULL || word == NULL || acl->count == ACL_ENTRIES)
		script_wrong("no ACL entry", "");
	acl->entry[acl->count].tag = tags[strcmp(id, "-") == 0][kind - kinds];
	acl->entry[acl->count].id = strcmp(id, "-") == 0 ? ~0u : (unsigned int)number_of(id);
	acl->entry[acl->count++].permissions = (unsigned short)number_of(word);
}

static const char *acl_name(const char *word)
{
	return strcmp(word, "default") == 0 ? "system.posix_acl_default" : "system.posix_acl_access";
}

/* setacl PATH access|default ENTRY,…: or *COUNT entries */
static int run_setacl(struct call_words *words)
{
	static struct acl_value acl;
	char *rest = words->word[3];

	acl.version = 2;
	acl.count = 0;
	if (rest[0] == '*') {
		long long more = number_of(rest + 1) - 4;

		put_entry(&acl, (char[]){"u:-:6"});
		for (int id = 1; id <= more; id++) {
			char entry[32];

			snprintf(entry, sizeof(entry), "u:%d:4", id);
			put_entry(&acl, entry);
		}
		put_entry(&acl, (char[]){"g:-:4"});
		put_entry(&acl, (char[]){"m:-:4"});
		put_entry(&acl, (char[]){"o:-:4"});
	} else {
		for (char *entry; (entry = strsep(&rest, ",")) != NULL;)
			put_entry(&acl, entry);
	}
	return sys_setxattr(words->word[1], acl_name(words->word[2]), &acl,
	                    offsetof(struct acl_value, entry[acl.count]), 0);
}

/* limits PATH: what statvfs says that is the same everywhere */
static int run_limits(struct call_words *words)
{
	struct statvfs limits;

	if (sys_statvfs(words->word[1], &limits) != 0)
		return -1;
	say(words, "%lu %lu", limits.f_namemax, limits.f_bsize);
	return 0;
}

const struct call_entry calls_node[] = {
	{"stat", 2, 2, run_stat},         {"lstat", 2, 2, run_lstat},           {"same", 2, 2, run_same},
	{"mark", 2, 2, run_mark},         {"moved", 2, 2, run_moved},           {"utimes", 3, 4, run_utimes},
	{"chmod", 2, 2, run_chmod},       {"chown", 3, 3, run_chown},           {"lchown", 3, 3, run_lchown},
	{"truncate", 2, 2, run_truncate}, {"access", 2, 2, run_access},         {"chdir", 1, 1, run_chdir},
	{"setxattr", 3, 4, run_setxattr}, {"getxattr", 2, 3, run_getxattr},     {"listxattr", 1, 1, run_listxattr},
	{"removexattr", 2, 2, run_removexattr}, {"limits", 1, 1, run_limits},   {"setacl", 3, 3, run_setacl},
	{"chattr", 2, 2, run_chattr},     {"lsattr", 1, 1, run_lsattr},         {NULL, 0, 0, NULL},
};
