/*
 * The interpreter of conformance scripts (calls.c): what its files share.
 *
 * A script is lines. `case NAME` begins a case, in an empty directory of its
 * own; `join NAME` joins one that another program has begun. Other lines are one call each:
 *
 *     [as UID:GID[,GROUP…]] [umask OCTAL] CALL ARGUMENT…
 *
 * and are answered by one line each: `ok`, with values where there are any, or
 * the name of the error. Arguments hold no blanks; %XX is a byte. So two file
 * systems behave alike where the answers are alike.
 */
#ifndef DRYDOCK_TESTS_CONFORMANCE_CALLS_H
#define DRYDOCK_TESTS_CONFORMANCE_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_MAXIMUM 16
#define VALUES_SIZE   (64 * 1024)

/* What a call is given, and what it has to say beyond `ok`. */
struct call_words {
	int count;
	char *word[WORDS_MAXIMUM];
	char *values; /* VALUES_SIZE bytes, NUL-terminated */
};

struct call_entry {
	const char *name;
	int least, most; /* arguments */
	/* 0, or -1 with errno. */
	int (*run)(struct call_words *words);
};

/* Of calls_name.c (what has to do with names), calls_node.c, calls_file.c (open files); a name of NULL ends each. */
extern const struct call_entry calls_name[], calls_node[], calls_file[];


/* Closes what a case has left open. */
void calls_file_reset(void);

/* Ends the program: the script is wrong. */
_Noreturn void script_wrong(const char *text, const char *word);

long long number_of(const char *word);

/* A number of a set of names joined by commas, as "O_RDWR,O_CREAT". */
struct flag_name {
	const char *name;
	int value;
};
int flags_of(char *word, const struct flag_name *names);

/* Adds to the values, after a blank. */
void say(struct call_words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
