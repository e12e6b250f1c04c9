/*
 * Runs a conformance script (calls.h) from standard input, and prints the answers.
 *
 *     conformance-calls DIRECTORY <SCRIPT     in a directory of Linux's, as root
 *     conformance-native INSTANCE <SCRIPT     in the vfs of an instance, whose directory that is
 */
#include "calls.h"

#include <errno.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system.h"

#define GROUPS 16

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

/* What is in a directory: it is listed first, and emptied then. */
struct name {
	struct name *next;
	unsigned char type;
	char text[];
};

static void remember(void *context, const char *text, unsigned char type)
{
	struct name **names = context, *name;

	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return;
	name = malloc(sizeof(*name) + strlen(text) + 1);
	if (name == NULL)
		abort();
	name->next = *names;
	name->type = type;
	strcpy(name->text, text);
	*names = name;
}

static bool remove_tree(const char *path);

static bool remove_name(const char *path, unsigned char type)
{
	return type == DT_DIR ? remove_tree(path) : sys_unlink(path) == 0;
}

/* Removes a directory and what is in it; false where it is still there. */
static bool remove_tree(const char *path)
{
	struct name *names = NULL;

	if (sys_list(path, remember, &names) != 0 && errno != ENOENT)
		script_wrong("cannot clear what a case has left", strerror(errno));
	while (names != NULL) {
		struct name *name = names;
		char *inside;

		if (asprintf(&inside, "%s/%s", path, name->text) < 0)
			abort();
		if (!remove_name(inside, name->type)) {
			/* Flags may have kept it (chattr(1)), its own or the directory's. */
			sys_set_flags(inside, 0);
			sys_set_flags(path, 0);
			if (!remove_name(inside, name->type))
				script_wrong("cannot clear what a case has left", inside);
		}
		free(inside);
		names = name->next;
		free(name);
	}
	return sys_rmdir(path) == 0;
}

static void clear(void)
{
	system_enter(false);
	remove_tree(WORK);
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
	system_umask(022);
	if (sys_mkdir(WORK, 0755) != 0)
		script_wrong("cannot make", WORK);
	system_enter(true);
	printf("case ");
	print_encoded(name);
	printf("\n");
}

/* The same case, in the directory that another program has made for it. */
static void join_case(const char *name)
{
	calls_file_reset();
	system_umask(022);
	system_enter(true);
	printf("join ");
	print_encoded(name);
	printf("\n");
}

/* ---- who calls --------------------------------------------------------------------- */

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
	system_become(uid, groups[0], groups + 1, count - 1);
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
		system_umask((mode_t)strtoul(mask, NULL, 8));
	if (who != NULL)
		become(who);
	errno = 0;
	result = entry->run(words);
	error = errno;
	if (who != NULL)
		system_become_root();
	if (mask != NULL)
		system_umask(022);
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
	if (strcmp(words.word[0], "join") == 0) {
		join_case(words.word[1]);
		return;
	}
	error = run(&words, who, mask);
	printf("%s", error == 0 ? "ok" : strerrorname_np(error));
	if (error == 0)
		print_encoded(values);
	printf("\n");
}

static int run_script(void *context)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	(void)context;
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

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY <SCRIPT\n", argv[0]);
		return 2;
	}
	return system_run(argv[1], run_script, NULL);
}
