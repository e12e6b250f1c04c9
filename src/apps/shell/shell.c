/* The shell itself: line after line, command after command (shell.h). */
#include "shell.h"

#include <drydock/format.h>
#include <drydock/string.h>

#include "builtin.h"
#include "internal.h"
#include "text.h"

#define PROMPT_SIZE 256

/* ---- one command ----------------------------------------------------------------- */

static int run_words(struct shell *shell, const struct command_line *command)
{
	char path[POSIX_PATH_MAX];
	int32_t error = 0;
	int result = 0;

	if (command->redirect) {
		if (!file_path(shell, "sh", command->redirect, path))
			return SHELL_FAILED;
		error = output_redirect(shell, path, command->append);
		if (error)
			return shell_status_error(shell, "sh", command->redirect, error);
	}
	if (command->count)
		result = builtin_run(shell, command->words, command->count);
	error = output_finish(shell);
	if (error && !shell->interrupted)
		result = shell_status_error(shell, "sh", command->redirect, error);
	return result;
}

static void run_command(struct shell *shell, const struct command_line *command)
{
	shell->interrupted = false;
	shell->running = true;
	input_begin(shell);
	shell->status = run_words(shell, command);
	shell->running = false;
	if (shell->interrupted) {
		shell->interrupted = false;
		shell->status = SHELL_INTERRUPTED;
		output_write(shell, "^C\n", 3);
		output_flush(shell);
	}
	if (shell->output.lost) {
		shell->status = SHELL_FAILED;
		shell->exiting = true;
	}
}

/* ---- one line ---------------------------------------------------------------------- */

/* The whole line is looked at first: where a part is wrong, none is run. */
static bool line_is_sound(struct shell *shell)
{
	const char *rest = shell->line;
	enum parse_result result;

	do {
		result = parse_command(&rest, 0, &shell->command);
	} while (result == PARSE_COMMAND);
	if (result == PARSE_END)
		return true;
	if (shell->terminal->interactive)
		shell_error(shell, "sh: %s", shell->command.problem);
	else
		shell_error(shell, "sh: line %u: %s", (unsigned int)shell->line_number,
		            shell->command.problem);
	return false;
}

static void run_line(struct shell *shell)
{
	const char *rest = shell->line;

	if (!line_is_sound(shell)) {
		shell->status = SHELL_WRONG;
		/* The rest of a script would do something else than was meant. */
		shell->exiting = !shell->terminal->interactive;
		return;
	}
	while (!shell->exiting && parse_command(&rest, shell->status, &shell->command) == PARSE_COMMAND) {
		run_command(shell, &shell->command);
		/* Who interrupts a line means all of it. */
		if (shell->status == SHELL_INTERRUPTED && shell->terminal->interactive)
			return;
	}
}

/* ---- lines ------------------------------------------------------------------------- */

static enum input_result given_line(struct shell *shell)
{
	size_t length = 0;

	if (!*shell->script)
		return INPUT_ENDED;
	shell->line_number++;
	while (shell->script[length] && shell->script[length] != '\n')
		length++;
	string_copy(shell->line, sizeof(shell->line), shell->script, length);
	shell->script += length + (shell->script[length] == '\n');
	if (length < sizeof(shell->line))
		return INPUT_TAKEN;
	shell_error(shell, "sh: line %u: it is too long", (unsigned int)shell->line_number);
	return INPUT_WRONG;
}

static enum input_result next_line(struct shell *shell)
{
	char prompt[PROMPT_SIZE];

	if (shell->script)
		return given_line(shell);
	/* A directory that does not fit leaves no room for a line anyway. */
	if (format_string(prompt, sizeof(prompt), "drydock:%s$ ", shell->directory) >= sizeof(prompt))
		string_copy(prompt, sizeof(prompt), "$ ", 2);
	text_harmless(prompt, string_length(prompt), false);
	return input_line(shell, prompt);
}

static void run_lines(struct shell *shell)
{
	while (!shell->exiting) {
		switch (next_line(shell)) {
		case INPUT_TAKEN:
			if (shell->terminal->interactive)
				history_add(&shell->history, shell->line);
			run_line(shell);
			break;
		case INPUT_ENDED:
			shell->exiting = true;
			break;
		case INPUT_ABANDONED:
			shell->status = SHELL_INTERRUPTED;
			break;
		case INPUT_WRONG:
			shell->status = SHELL_WRONG;
			shell->exiting = true;
			break;
		}
	}
}

int shell_run(struct runtime *runtime, const struct terminal *terminal, const char *script)
{
	struct shell *shell = runtime_allocate(runtime, sizeof(*shell));
	int status = SHELL_FAILED;

	if (!shell)
		return SHELL_FAILED;
	shell->runtime = runtime;
	shell->terminal = terminal;
	shell->main = fiber_current(runtime);
	shell->script = script;
	string_copy(shell->directory, sizeof(shell->directory), "/", 1);
	if (input_start(shell)) {
		run_lines(shell);
		input_stop(shell);
		status = shell->status;
	}
	shell_leave(shell);
	runtime_free(runtime, shell);
	return status;
}
