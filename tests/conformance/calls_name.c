/* Calls that make, remove and change names (calls.h). */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "calls.h"
#include "system.h"

#define ENTRIES 4096

static mode_t mode_of(const char *word)
{
	return (mode_t)strtoul(word, NULL, 8);
}

/* create PATH MODE: an empty file, which must not be there yet */
static int run_create(struct call_words *words)
{
	int file = sys_open(words->word[1], O_CREAT | O_EXCL | O_WRONLY, mode_of(words->word[2]));

	return file < 0 ? -1 : sys_close(file);
}

static int run_mkdir(struct call_words *words)
{
	return sys_mkdir(words->word[1], mode_of(words->word[2]));
}

static int run_rmdir(struct call_words *words)
{
	return sys_rmdir(words->word[1]);
}

static int run_unlink(struct call_words *words)
{
	return sys_unlink(words->word[1]);
}

static int run_link(struct call_words *words)
{
	return sys_link(words->word[1], words->word[2], false);
}

/* linkat PATH NEW: follows a symbolic link at the end of PATH */
static int run_linkat(struct call_words *words)
{
	return sys_link(words->word[1], words->word[2], true);
}

static int run_symlink(struct call_words *words)
{
	return sys_symlink(words->word[1], words->word[2]);
}

static int run_readlink(struct call_words *words)
{
	char target[4097];
	ssize_t length = sys_readlink(words->word[1], target, sizeof(target) - 1);

	if (length < 0)
		return -1;
	target[length] = '\0';
	say(words, "%s", target);
	return 0;
}

/* rename OLD NEW [FLAGS] */
static int run_rename(struct call_words *words)
{
	static const struct flag_name flags[] = {
		{"NOREPLACE", RENAME_NOREPLACE}, {"EXCHANGE", RENAME_EXCHANGE}, {"WHITEOUT", RENAME_WHITEOUT}, {NULL, 0}};

	return sys_rename(words->word[1], words->word[2],
	                  words->count == 4 ? (unsigned)flags_of(words->word[3], flags) : 0);
}

static int run_mkfifo(struct call_words *words)
{
	return sys_mknod(words->word[1], S_IFIFO | mode_of(words->word[2]), 0);
}

/* mknod PATH TYPE MODE MAJOR MINOR, TYPE one of f p s c b d l */
static int run_mknod(struct call_words *words)
{
	static const char types[] = "fpscbdl";
	static const mode_t modes[] = {S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK, S_IFDIR, S_IFLNK};
	const char *type = strchr(types, words->word[2][0]);

	if (type == NULL || *type == '\0')
		script_wrong("no type", words->word[2]);
	return sys_mknod(words->word[1], modes[type - types] | mode_of(words->word[3]),
	             makedev((unsigned)number_of(words->word[4]), (unsigned)number_of(words->word[5])));
}

/* bind PATH: a socket in the file system */
static int run_bind(struct call_words *words)
{
	return sys_bind(words->word[1]);
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

struct listing {
	char *names[ENTRIES];
	size_t count;
};

static void add_name(void *context, const char *name, unsigned char type)
{
	static const char letters[16] = {[DT_REG] = 'f', [DT_DIR] = 'd', [DT_LNK] = 'l', [DT_FIFO] = 'p',
	                                 [DT_SOCK] = 's', [DT_CHR] = 'c', [DT_BLK] = 'b'};
	struct listing *listing = context;

	if (listing->count < ENTRIES && asprintf(&listing->names[listing->count], "%s:%c", name,
	                                         letters[type & 15] ? letters[type & 15] : '?') > 0)
		listing->count++;
}

/* list PATH: its entries, sorted, with a letter for the type of each */
static int run_list(struct call_words *words)
{
	static struct listing listing;

	listing.count = 0;
	if (sys_list(words->word[1], add_name, &listing) != 0)
		return -1;
	qsort(listing.names, listing.count, sizeof(listing.names[0]), compare);
	for (size_t i = 0; i < listing.count; i++) {
		say(words, "%s", listing.names[i]);
		free(listing.names[i]);
	}
	return 0;
}

const struct call_entry calls_name[] = {
	{"create", 2, 2, run_create}, {"mkdir", 2, 2, run_mkdir},       {"rmdir", 1, 1, run_rmdir},
	{"unlink", 1, 1, run_unlink}, {"link", 2, 2, run_link},         {"linkat", 2, 2, run_linkat},
	{"symlink", 2, 2, run_symlink}, {"readlink", 1, 1, run_readlink}, {"rename", 2, 3, run_rename},
	{"mkfifo", 2, 2, run_mkfifo}, {"mknod", 5, 5, run_mknod},       {"bind", 1, 1, run_bind},
	{"list", 1, 1, run_list},     {NULL, 0, 0, NULL},
};
