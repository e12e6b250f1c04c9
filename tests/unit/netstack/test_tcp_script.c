/* Runs the scripts in tcp/: each is a test of its own. */
#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

#define SCRIPTS_MAXIMUM 1024

/* A script or a definition: where its lines begin. */
struct entry {
	const char *file;
	char *name;
	char *body;
	int line;
};

static struct entry scripts[SCRIPTS_MAXIMUM], definitions[64];
static int script_count, definition_count;
static struct script script;

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (file == NULL || text == NULL || fread(text, 1, (1 << 20) - 1, file) == 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	fclose(file);
	return text;
}

/* Cuts a file at its lines "script NAME: RFC …" and "define NAME". */
static void load(const char *path)
{
	char *text = read_file(path);
	int line = 1;

	for (char *at = text; *at != '\0'; line++) {
		char *end = strchr(at, '\n');
		struct entry *entry = NULL;
		char *cut = at;

		if (strncmp(at, "script ", 7) == 0 && script_count < SCRIPTS_MAXIMUM)
			entry = &scripts[script_count++];
		else if (strncmp(at, "define ", 7) == 0 && definition_count < 64)
			entry = &definitions[definition_count++];
		at = end == NULL ? at + strlen(at) : end + 1;
		if (entry == NULL)
			continue;
		*cut = '\0';
		if (end != NULL)
			*end = '\0';
		*entry = (struct entry){.file = strrchr(path, '/') + 1, .name = cut + 7, .body = at, .line = line + 1};
	}
}

static void run_lines(const struct entry *entry)
{
	char *copy = strdup(entry->body);
	char *at = copy;
	int line = entry->line;

	while (*at != '\0') {
		char *end = strchr(at, '\n');
		const struct entry *used = definitions;

		if (end != NULL)
			*end = '\0';
		script.file = entry->file;
		script.line = line++;
		if (strncmp(at, "use ", 4) == 0) {
			while (used < definitions + definition_count && strcmp(used->name, at + 4) != 0)
				used++;
			if (used == definitions + definition_count)
				script_fail(&script, "nothing is defined as %s", at + 4);
			run_lines(used);
		} else if (*at != '#' && *at != '\0') {
			script_line(&script, at);
		}
		if (end == NULL)
			break;
		at = end + 1;
	}
	free(copy);
}

START_TEST(runs)
{
	const struct entry *entry = &scripts[_i];

	ck_assert_msg(strstr(entry->name, "RFC ") != NULL, "%s: %s: names no RFC", entry->file, entry->name);
	script_begin(&script, entry->file);
	run_lines(entry);
	script_end(&script);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tcp-script");
	TCase *tcase = tcase_create("tcp-script");
	SRunner *runner;
	glob_t found;
	int failed;

	if (glob(SCRIPT_DIRECTORY "/*.tcp", 0, NULL, &found) != 0)
		return EXIT_FAILURE;
	for (size_t i = 0; i < found.gl_pathc; i++)
		load(found.gl_pathv[i]);
	tcase_add_loop_test(tcase, runs, 0, script_count);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	globfree(&found);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
