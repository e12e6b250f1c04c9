/*
 * `drydock fs`: works with an instance's files without mounting them, by
 * <drydock/files.h>. This file has the options and what the subcommands share;
 * fs_list.c shows, fs_copy.c moves data, fs_change.c changes names.
 */
#include "fs.h"

#include <string.h>

#include "apps/shell/text.h"
#include "cli.h"
#include "guest.h"

struct fs_command {
	const char *name;
	const char *operands; /* as shown by --help */
	int least, most;      /* how many operands */
	const struct argp_option *option;
	int (*work)(struct fs *fs);
	const char *documentation;
};

#define MANY 1000000

static const struct argp_option ls_option[] = {
	{NULL, 'l', NULL, 0, "Type and permissions, links, owner, group, size and time of each", 0},
	{0},
};

static const struct argp_option rm_option[] = {
	{NULL, 'r', NULL, 0, "Directories, too, with all that is in them", 0},
	{0},
};

static const struct fs_command fs_commands[] = {
	{"ls", "[PATH...]", 0, MANY, ls_option, fs_ls,
	 "List directories (the root, if none is named) and files."
	 "\vExample:\n  drydock fs ls -l /"},
	{"cat", "PATH...", 1, MANY, NULL, fs_cat,
	 "Write files to standard output."
	 "\vExample:\n  drydock fs cat /etc/motd"},
	{"put", "LOCAL PATH", 2, 2, NULL, fs_put,
	 "Copy a file of this machine into the file system, with its permissions; `-' is standard input."
	 "\vExamples:\n  drydock fs put notes.txt /notes.txt\n  date | drydock fs put - /now"},
	{"get", "PATH [LOCAL]", 1, 2, NULL, fs_get,
	 "Copy a file out of the file system, with its permissions; `-' is standard output, and without LOCAL "
	 "it is a file of the same name in this directory."
	 "\vExample:\n  drydock fs get /notes.txt copy.txt"},
	{"mkdir", "PATH...", 1, MANY, NULL, fs_mkdir,
	 "Make directories."
	 "\vExample:\n  drydock fs mkdir /source"},
	{"rm", "PATH...", 1, MANY, rm_option, fs_rm,
	 "Remove files."
	 "\vExample:\n  drydock fs rm -r /source"},
	{"mv", "FROM... TO", 2, MANY, NULL, fs_mv,
	 "Rename a file or directory, or move some into a directory."
	 "\vExample:\n  drydock fs mv /notes.txt /source"},
	{"stat", "PATH...", 1, MANY, NULL, fs_stat,
	 "Show what the file system knows of files; of a symbolic link, not of where it points."
	 "\vExample:\n  drydock fs stat /notes.txt"},
	{"df", "[PATH...]", 0, MANY, NULL, fs_df,
	 "Show how full the file system is."
	 "\vExample:\n  drydock fs df"},
};

int fs_error(const struct fs *fs, const char *path, int32_t status)
{
	char clean[POSIX_PATH_MAX];

	/* What a directory told may hold escape sequences. */
	strncpy(clean, path, sizeof(clean) - 1);
	clean[sizeof(clean) - 1] = 0;
	text_harmless(clean, strlen(clean), false);
	/* Positive numbers are Linux's (drydock/posix.h), and may be those of a file of Linux. */
	return cli_error("fs: %s: %s: %s", fs->command, clean, status > 0 ? strerror(status) : text_status(status));
}

bool fs_path(const struct fs *fs, const char *operand, char path[POSIX_PATH_MAX])
{
	if (text_path("/", operand, path) == 0)
		return true;
	fs_error(fs, operand, operand[0] ? POSIX_ENAMETOOLONG : POSIX_ENOENT);
	return false;
}

bool fs_target(const struct fs *fs, const char *operand, const char *name, char path[POSIX_PATH_MAX])
{
	char directory[POSIX_PATH_MAX];
	struct vfs_status status;
	int32_t error;

	if (!fs_path(fs, operand, directory))
		return false;
	error = files_stat(fs->client, directory, &status);
	if (error < 0) {
		fs_error(fs, operand, error);
		return false;
	}
	if (error || (status.mode & POSIX_S_IFMT) != POSIX_S_IFDIR) {
		memcpy(path, directory, sizeof(directory));
		return true;
	}
	if (text_join(directory, name, path) == 0)
		return true;
	fs_error(fs, operand, POSIX_EISDIR);
	return false;
}

/* ---- options ------------------------------------------------------------- */

struct fs_options {
	const struct fs_command *command;
	const char *instance;
	bool flag;
	char **operands;
	int count;
	int first; /* of the subcommand's arguments, in those of `drydock fs` */
};

static int fs_work(struct runtime *runtime, void *context)
{
	const struct client_options limits = {
		.depth = 2 * FS_STREAM_CALLS,
		/* Room for all data in flight, and for paths beside it. */
		.area = FS_STREAM_CALLS * FS_STREAM_CHUNK + 64 * 1024,
	};
	const struct fs_options *options = context;
	struct fs fs = {
		.runtime = runtime,
		.command = options->command->name,
		.flag = options->flag,
		.operands = options->operands,
		.count = options->count,
	};
	int result;

	fs.client = guest_client(runtime, "fs", "vfs", &vfs_protocol, &limits);
	if (!fs.client)
		return CLI_FAILED;
	result = options->command->work(&fs);
	client_close(fs.client);
	return result;
}

static error_t subcommand_parse(int key, char *argument, struct argp_state *state)
{
	struct fs_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->instance;
		return 0;
	case 'l':
	case 'r':
		options->flag = true;
		return 0;
	case ARGP_KEY_ARG:
		if (options->count == options->command->most)
			argp_error(state, "one too many: `%s'", argument);
		options->operands[options->count++] = argument;
		return 0;
	case ARGP_KEY_END:
		if (options->count < options->command->least)
			argp_error(state, "%s needs %s", options->command->name, options->command->operands);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static int subcommand_run(struct fs_options *options, int argc, char **argv)
{
	const struct argp argp = {
		.options = options->command->option,
		.parser = subcommand_parse,
		.args_doc = options->command->operands,
		.doc = options->command->documentation,
		.children = cli_instance_child,
	};
	char name[32];

	snprintf(name, sizeof(name), "drydock fs %s", options->command->name);
	argv[0] = name;
	/* argp puts operands behind options; kept in place they overwrite only what was parsed. */
	options->operands = argv + 1;
	argp_parse(&argp, argc, argv, 0, NULL, options);
	return guest_run(options->instance, "user", "fs", fs_work, options);
}

static const struct fs_command *subcommand_find(const char *name)
{
	for (size_t index = 0; index < sizeof(fs_commands) / sizeof(fs_commands[0]); index++)
		if (strcmp(fs_commands[index].name, name) == 0)
			return &fs_commands[index];
	return NULL;
}

static error_t fs_parse(int key, char *argument, struct argp_state *state)
{
	struct fs_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->instance;
		return 0;
	case ARGP_KEY_ARG:
		options->command = subcommand_find(argument);
		if (!options->command)
			argp_error(state, "there is no command `%s': it is one of ls, cat, put, get, mkdir, rm, mv, "
			           "stat, df", argument);
		options->first = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which of ls, cat, put, get, mkdir, rm, mv, stat, df?");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp fs_argp = {
	.parser = fs_parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Work with the files of an instance without mounting them."
	       "\v"
	       "Commands:\n"
	       "  ls [-l] [PATH...]     list directories and files\n"
	       "  cat PATH...           write files to standard output\n"
	       "  put LOCAL PATH        copy a file in; `-' is standard input\n"
	       "  get PATH [LOCAL]      copy a file out; `-' is standard output\n"
	       "  mkdir PATH...         make directories\n"
	       "  rm [-r] PATH...       remove files, with -r directories\n"
	       "  mv FROM... TO         rename, or move into a directory\n"
	       "  stat PATH...          show what is known of files\n"
	       "  df [PATH...]          show how full the file system is\n"
	       "\n"
	       "Paths are absolute; one that does not begin with `/' is taken from the root.\n"
	       "\n"
	       "Examples:\n"
	       "  drydock fs put README.md /\n"
	       "  drydock fs ls -l /\n"
	       "  drydock fs cat /README.md",
	.children = cli_instance_child,
};

int command_fs(int argc, char **argv)
{
	struct fs_options options = {0};

	argp_parse(&fs_argp, argc, argv, ARGP_IN_ORDER, NULL, &options);
	return subcommand_run(&options, argc - options.first, argv + options.first);
}
