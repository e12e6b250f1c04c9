/*
 * What a line of the shell means. A line is commands with `;` between them, a
 * command is words and perhaps a redirection of its output. Words are taken
 * apart by blanks; '…', "…" and \ quote as in POSIX (XCU 2.2), $? is the last
 * exit status, a word that begins with # ends the line. What else means
 * something to a POSIX shell is refused by name, so that it is never taken for
 * a word.
 */
#ifndef DRYDOCK_SHELL_PARSE_H
#define DRYDOCK_SHELL_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_SIZE     8192 /* bytes of a line with its NUL: room for two paths */
#define WORDS_MAXIMUM 256

struct command_line {
	uint32_t count;
	const char *words[WORDS_MAXIMUM + 1]; /* in `text`; NULL behind the last */
	const char *redirect;                 /* where the output goes, in `text`; NULL: nowhere else */
	bool append;                          /* >> */
	char problem[96];                     /* what is wrong, where something is */
	char text[2 * LINE_SIZE];
};

enum parse_result {
	PARSE_COMMAND, /* one was taken; it has words, a redirection, or both */
	PARSE_END,     /* there are no more */
	PARSE_WRONG,   /* `problem` says why */
};

/*
 * Takes the next command off *rest, less than LINE_SIZE bytes of text, and
 * moves *rest behind it. `status`, 0 to 255, stands for $?.
 */
enum parse_result parse_command(const char **rest, int status, struct command_line *command);

#endif
