/* The table of commands, how their words are checked, and those that are the shell's own (builtin.h). */
#include "builtin.h"

#include <drydock/string.h>

#include "text.h"

const struct builtin builtins[] = {
	{"cat", "", 0, ANY_NUMBER, "[FILE...]", "write files out, or what comes in", builtin_cat},
	{"cd", "", 0, 1, "[DIRECTORY]", "go to a directory, or to the root", builtin_cd},
	{"cp", "", 2, ANY_NUMBER, "FROM... TO", "copy files", builtin_cp},
	{"df", "", 0, ANY_NUMBER, "[PATH...]", "show how full the file system is", builtin_df},
	{"echo", NULL, 0, ANY_NUMBER, "[WORD...]", "write words", builtin_echo},
	{"exit", "", 0, 1, "[STATUS]", "leave the shell", builtin_exit},
	{"help", "", 0, 1, "[COMMAND]", "say what there is", builtin_help},
	{"kill", "", 1, ANY_NUMBER, "NAME|PID...", "end servers; init starts them again", builtin_kill},
	{"log", "fn:", 0, 0, "[-f] [-n NUMBER]", "show the log, or its end, or what comes", builtin_log},
	{"ls", "l", 0, ANY_NUMBER, "[-l] [PATH...]", "list files", builtin_ls},
	{"mkdir", "", 1, ANY_NUMBER, "DIRECTORY...", "make directories", builtin_mkdir},
	{"mv", "", 2, ANY_NUMBER, "FROM... TO", "rename, or move into a directory", builtin_mv},
	{"nice", "p:s:", 0, ANY_NUMBER, "[-p N] [-s MS] [NAME...]", "show or set priorities and slices", builtin_nice},
	{"ping", "c:", 1, 1, "[-c COUNT] ADDRESS", "ask a machine whether it is there", builtin_ping},
	{"ports", "", 0, 0, "", "list ports", builtin_ports},
	{"ps", "", 0, 0, "", "list processes", builtin_ps},
	{"pwd", "", 0, 0, "", "say which directory this is", builtin_pwd},
	{"rm", "r", 1, ANY_NUMBER, "[-r] PATH...", "remove files, with -r directories", builtin_rm},
	{"stat", "", 1, ANY_NUMBER, "PATH...", "show what is known of files", builtin_stat},
	{"time", NULL, 1, ANY_NUMBER, "COMMAND [WORD...]", "say how long a command took", builtin_time},
	{"wget", "", 1, 2, "URL [FILE]", "fetch a file by HTTP", builtin_wget},
};

const uint32_t builtin_count = sizeof(builtins) / sizeof(builtins[0]);

static const struct builtin *builtin_find(const char *name)
{
	for (uint32_t index = 0; index < builtin_count; index++)
		if (string_equal(builtins[index].name, name))
			return &builtins[index];
	return NULL;
}

/* ---- words ------------------------------------------------------------------- */

static int wrong_usage(struct shell *shell, const struct builtin *command, const char *why, const char *what)
{
	shell_error(shell, "%s: %s%s; usage: %s %s", command->name, why, what, command->name, command->usage);
	return SHELL_WRONG;
}

/* The letters of one word of options; a value is the rest of the word, or the word *next. */
static int take_options(struct shell *shell, const struct builtin *command, const char *letters,
                        const char *const **next, struct arguments *arguments)
{
	for (; *letters; letters++) {
		char shown[2] = {*letters, 0};
		uint32_t number = 0;
		const char *option;

		for (option = command->options; *option && (*option != *letters || *letters == ':'); option++)
			number += *option != ':';
		if (!*option)
			return wrong_usage(shell, command, "there is no option -", shown);
		arguments->given |= 1u << number;
		if (option[1] != ':')
			continue;
		arguments->values[number] = letters[1] ? letters + 1 : *(*next)++;
		if (!arguments->values[number])
			return wrong_usage(shell, command, "a value is missing after -", shown);
		return 0;
	}
	return 0;
}

/* Options come before operands; `--` ends them, and a `-` alone is an operand. */
static int take_words(struct shell *shell, const struct builtin *command, const char *const *words,
                      uint32_t count, struct arguments *arguments)
{
	const char *const *word = words, *const *end = words + count;

	while (command->options && word < end && (*word)[0] == '-' && (*word)[1]) {
		const char *letters = *word++ + 1;
		int result;

		if (string_equal(letters, "-"))
			break;
		result = take_options(shell, command, letters, &word, arguments);
		if (result)
			return result;
	}
	arguments->name = command->name;
	arguments->operands = word;
	arguments->count = (uint32_t)(end - word);
	if (arguments->count < command->least)
		return wrong_usage(shell, command, "something is missing", "");
	if (arguments->count > command->most)
		return wrong_usage(shell, command, "one too many: ", word[command->most]);
	return 0;
}

int builtin_run(struct shell *shell, const char *const *words, uint32_t count)
{
	const struct builtin *command = builtin_find(words[0]);
	struct arguments arguments = {0};
	int result;

	if (!command) {
		shell_error(shell, "%s: no such command; see: help", words[0]);
		return SHELL_UNKNOWN;
	}
	result = take_words(shell, command, words + 1, count - 1, &arguments);
	return result ? result : command->run(shell, &arguments);
}

/* ---- the shell's own ------------------------------------------------------------- */

int builtin_echo(struct shell *shell, const struct arguments *arguments)
{
	for (uint32_t index = 0; index < arguments->count; index++) {
		if (index > 0)
			output_write(shell, " ", 1);
		output_write(shell, arguments->operands[index], string_length(arguments->operands[index]));
	}
	output_write(shell, "\n", 1);
	return 0;
}

/* Takes `.`, `..` and superfluous slashes out of an absolute path, by its text alone. */
static void normalise(char *path)
{
	const char *from = path;
	char *to = path;

	while (*from) {
		size_t length = 0;

		while (*from == '/')
			from++;
		while (from[length] && from[length] != '/')
			length++;
		if (length == 2 && from[0] == '.' && from[1] == '.') {
			while (to > path && *--to != '/')
				;
		} else if (length > 0 && !(length == 1 && from[0] == '.')) {
			*to++ = '/';
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	if (to == path)
		*to++ = '/';
	*to = 0;
}

int builtin_cd(struct shell *shell, const struct arguments *arguments)
{
	const char *operand = arguments->count ? arguments->operands[0] : "/";
	char path[POSIX_PATH_MAX];
	struct vfs_status status;
	int32_t error;

	if (!file_path(shell, "cd", operand, path))
		return SHELL_FAILED;
	normalise(path);
	error = file_status(shell, path, true, &status);
	if (!error && !file_is_directory(&status))
		error = POSIX_ENOTDIR;
	if (error)
		return shell_status_error(shell, "cd", operand, error);
	string_copy(shell->directory, sizeof(shell->directory), path, string_length(path));
	return 0;
}

int builtin_pwd(struct shell *shell, const struct arguments *arguments)
{
	(void)arguments;
	output_name(shell, shell->directory, string_length(shell->directory));
	output_write(shell, "\n", 1);
	return 0;
}

int builtin_time(struct shell *shell, const struct arguments *arguments)
{
	uint64_t before = runtime_time(shell->runtime), took;
	int result = builtin_run(shell, arguments->operands, arguments->count);

	output_flush(shell);
	took = runtime_time(shell->runtime) - before;
	/* No failure, but not part of the output either. */
	shell_error(shell, "time: %llu.%06llu s", (unsigned long long)(took / 1000000000),
	            (unsigned long long)(took / 1000 % 1000000));
	return result;
}

int builtin_help(struct shell *shell, const struct arguments *arguments)
{
	const struct builtin *one = arguments->count ? builtin_find(arguments->operands[0]) : NULL;

	if (arguments->count && !one)
		return shell_error(shell, "help: %s: no such command", arguments->operands[0]);
	for (uint32_t index = 0; index < builtin_count; index++) {
		const struct builtin *command = &builtins[index];

		if (!one || one == command)
			output_print(shell, "%-6s %-24s %s\n", command->name, command->usage,
			             command->summary);
	}
	if (!one)
		output_print(shell,
		             "\n"
		             "COMMAND > FILE writes its output to a file, >> to the end of one; ; stands between\n"
		             "commands, # begins a comment, '...', \"...\" and \\ quote, $? is the last exit status.\n"
		             "Dates are in UTC.\n");
	return 0;
}

int builtin_exit(struct shell *shell, const struct arguments *arguments)
{
	uint64_t status = (uint64_t)shell->status;

	if (arguments->count && (!string_to_number(arguments->operands[0], &status) || status > 255)) {
		shell_error(shell, "exit: %s: a status is a number up to 255", arguments->operands[0]);
		return SHELL_WRONG;
	}
	shell->exiting = true;
	return (int)status;
}
