/* The shell's commands: what each takes, and what it does. */
#ifndef DRYDOCK_SHELL_BUILTIN_H
#define DRYDOCK_SHELL_BUILTIN_H

#include "internal.h"

#define OPTIONS_MAXIMUM 2u

/* What a command was called with, checked against what it takes. */
struct arguments {
	const char *name;  /* the command's */
	uint32_t given;    /* a bit for each of its options, in their order */
	const char *values[OPTIONS_MAXIMUM]; /* of each, in their order; NULL: not given, or without one */
	const char *const *operands;
	uint32_t count; /* of operands */
};

#define OPTION_FIRST  1u
#define OPTION_SECOND 2u

#define ANY_NUMBER WORDS_MAXIMUM

struct builtin {
	const char *name;
	const char *options;  /* letters, one with a value followed by `:`; NULL: all words are operands */
	uint32_t least, most; /* operands */
	const char *usage;    /* what follows the name */
	const char *summary;
	int (*run)(struct shell *shell, const struct arguments *arguments); /* returns its exit status */
};

extern const struct builtin builtins[];
extern const uint32_t builtin_count;

/* Runs the command of these words, the first being its name; returns its exit status. */
int builtin_run(struct shell *shell, const char *const *words, uint32_t count);

/* files_show.c */
int builtin_ls(struct shell *shell, const struct arguments *arguments);
int builtin_cat(struct shell *shell, const struct arguments *arguments);
int builtin_stat(struct shell *shell, const struct arguments *arguments);
int builtin_df(struct shell *shell, const struct arguments *arguments);

/* files_change.c */
int builtin_mkdir(struct shell *shell, const struct arguments *arguments);
int builtin_rm(struct shell *shell, const struct arguments *arguments);
int builtin_mv(struct shell *shell, const struct arguments *arguments);
int builtin_cp(struct shell *shell, const struct arguments *arguments);

/* processes.c */
int builtin_ps(struct shell *shell, const struct arguments *arguments);
int builtin_ports(struct shell *shell, const struct arguments *arguments);
int builtin_kill(struct shell *shell, const struct arguments *arguments);

/* nice.c */
int builtin_nice(struct shell *shell, const struct arguments *arguments);

/* log.c */
int builtin_log(struct shell *shell, const struct arguments *arguments);

/* net.c */
int builtin_ping(struct shell *shell, const struct arguments *arguments);

/* wget.c */
int builtin_wget(struct shell *shell, const struct arguments *arguments);

/* builtin.c */
int builtin_echo(struct shell *shell, const struct arguments *arguments);
int builtin_cd(struct shell *shell, const struct arguments *arguments);
int builtin_pwd(struct shell *shell, const struct arguments *arguments);
int builtin_time(struct shell *shell, const struct arguments *arguments);
int builtin_help(struct shell *shell, const struct arguments *arguments);
int builtin_exit(struct shell *shell, const struct arguments *arguments);

#endif
