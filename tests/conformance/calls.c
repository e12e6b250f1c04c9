/*
 * Runs a conformance script (calls.h) from standard input in the directory that
 * is given, as root, and prints the answers.
 *
 *     conformance-calls DIRECTORY <SCRIPT
 */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORK   "work"
#define GROUPS 16

static const char *base;

_Noreturn void script_wrong(const char *text, const char *word)
{
	fprintf(stderr, "conformance-calls: %s: %s\n", text, word);
	exit(2);
}

long long number_of(const char *word)
{
	char *end;
	long long value = strtoll(word, &end, 0);

	if (*word == '\0' || *end != '\0')
		script_wrong("no number", word);
	return value;
}

int flags_of(char *word, const struct flag_name *names)
{
	int flags = 0;
	char *rest = word;

	for (char *part; (part = strsep(&rest, ",")) != NULL;) {
		const struct flag_name *name = names;

		while (name->name != NULL && strcmp(name->name, part) != 0)
			name++;
		if (name->name == NULL)
			script_wrong("no flag", part);
		flags |= name->value;
	}
	return flags;
}

void say(struct call_words *words, const char *format, ...)
{
	size_t length = strlen(words->values);
	va_list list;

	if (length + 2 >= VALUES_SIZE)
		return;
	words->values[length++] = ' ';
	words->values[length] = '\0';
	va_start(list, format);
	vsnprintf(words->values + length, VALUES_SIZE - length, format, list);
	va_end(list);
}

/* ---- a case's directory ------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static int clear_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)where;
	if (type == FTW_D || (type == FTW_F && S_ISREG(status->st_mode)))
		calls_clear_flags(path);
	return 0;
}

static bool remove_work(void)
{
	return nftw(WORK, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
}

static void clear(void)
{
	if (chdir(base) != 0 ||
	    (!remove_work() && (nftw(WORK, clear_one, 16, FTW_PHYS) != 0 || !remove_work()))) {
		perror("conformance-calls: cannot clear what a case has left");
		exit(2);
	}
}

/* A byte of no shape as %XX, so that an answer is a line. */
static void print_encoded(const char *values)
{
	for (; *values != '\0'; values++) {
		if (*values < ' ' || *values > '~')
			printf("%%%02X", (unsigned char)*values);
		else
			putchar(*values);
	}
}

static void begin_case(const char *name)
{
	calls_file_reset();
	clear();
	umask(022);
	if (mkdir(WORK, 0755) != 0 || chdir(WORK) != 0) {
		perror("conformance-calls: " WORK);
		exit(2);
	}
	printf("case ");
	print_encoded(name);
	printf("\n");
}

/* ---- who calls --------------------------------------------------------------------- */

static void become_root(void)
{
	if (setresuid((uid_t)-1, 0, (uid_t)-1) != 0 || setresgid((gid_t)-1, 0, (gid_t)-1) != 0 ||
	    setgroups(0, NULL) != 0)
		script_wrong("cannot become root again", strerror(errno));
}

/* "UID:GID" or "UID:GID,GROUP,…". */
static void become(char *who)
{
	gid_t groups[GROUPS];
	size_t count = 0;
	char *rest = who;
	uid_t uid = (uid_t)number_of(strsep(&rest, ":"));

	if (rest == NULL)
		script_wrong("no UID:GID", who);
	for (char *part; count < GROUPS && (part = strsep(&rest, ",")) != NULL;)
		groups[count++] = (gid_t)number_of(part);
	if (setgroups(count - 1, groups + 1) != 0 || setresgid((gid_t)-1, groups[0], (gid_t)-1) != 0 ||
	    setresuid((uid_t)-1, uid, (uid_t)-1) != 0)
		script_wrong("cannot become", who);
}

/* ---- a line -------------------------------------------------------------------------- */

static int digit(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	return character >= 'A' && character <= 'F' ? character - 'A' + 10 : -1;
}

/* Turns %XX into a byte, in place. */
static void decode(char *word)
{
	char *to = word;

	for (; *word != '\0'; word++, to++) {
		*to = *word;
		if (*word == '%' && digit(word[1]) >= 0 && digit(word[2]) >= 0) {
			*to = (char)(digit(word[1]) << 4 | digit(word[2]));
			word += 2;
		}
	}
	*to = '\0';
}

static const struct call_entry *find(const char *name)
{
	static const struct call_entry *const tables[] = {calls_name, calls_node, calls_file};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (const struct call_entry *entry = tables[i]; entry->name != NULL; entry++) {
			if (strcmp(entry->name, name) == 0)
				return entry;
		}
	}
	script_wrong("no call", name);
}

static int run(struct call_words *words, char *who, char *mask)
{
	const struct call_entry *entry = find(words->word[0]);
	int result, error;

	if (words->count - 1 < entry->least || words->count - 1 > entry->most)
		script_wrong("number of arguments", entry->name);
	if (mask != NULL)
		umask((mode_t)strtoul(mask, NULL, 8));
	if (who != NULL)
		become(who);
	errno = 0;
	result = entry->run(words);
	error = errno;
	if (who != NULL)
		become_root();
	if (mask != NULL)
		umask(022);
	return result == 0 ? 0 : error != 0 ? error : EINVAL;
}

static void run_line(char *line)
{
	static char values[VALUES_SIZE];
	struct call_words words = {.values = values};
	char *who = NULL, *mask = NULL;
	int error;

	values[0] = '\0';
	for (char *word; words.count < WORDS_MAXIMUM && (word = strsep(&line, " ")) != NULL;) {
		if (words.count == 0 && strcmp(word, "as") == 0) {
			who = strsep(&line, " ");
		} else if (words.count == 0 && strcmp(word, "umask") == 0) {
			mask = strsep(&line, " ");
		} else {
			decode(word);
			words.word[words.count++] = word;
		}
	}
	if (words.count == 0)
		script_wrong("an empty line", "");
	if (strcmp(words.word[0], "case") == 0) {
		begin_case(words.word[1]);
		return;
	}
	error = run(&words, who, mask);
	printf("%s", error == 0 ? "ok" : strerrorname_np(error));
	if (error == 0)
		print_encoded(values);
	printf("\n");
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	if (argc != 2 || geteuid() != 0) {
		fprintf(stderr, "usage, as root: %s DIRECTORY <SCRIPT\n", argv[0]);
		return 2;
	}
	base = realpath(argv[1], NULL);
	if (base == NULL || chdir(base) != 0) {
		perror(argv[1]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((length = getline(&line, &room, stdin)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		run_line(line);
	}
	calls_file_reset();
	clear();
	free(line);
	return 0;
}
