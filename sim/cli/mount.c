/* `drydock mount` and `umount`: has the host start or end a bridge to FUSE. */
#include <errno.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "paths.h"

struct mount_options {
	const char *instance;
	const char *directory;
	const char *options; /* for the bridge; NULL: none */
};

enum { OPTION_OPTIONS = 'o' };

static const struct argp_option mount_option_list[] = {
	{"options", OPTION_OPTIONS, "OPTIONS", 0,
	 "mount options, with commas: allow_other, timeout=SECONDS, writeback, shared_locks, ro, nosuid, nodev, noexec, noatime, …", 0},
	{0},
};

static error_t mount_parse(int key, char *argument, struct argp_state *state)
{
	struct mount_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->instance;
		return 0;
	case OPTION_OPTIONS:
		options->options = argument;
		return 0;
	case ARGP_KEY_ARG:
		if (options->directory)
			argp_error(state, "one too many: `%s'", argument);
		options->directory = argument;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which directory?");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* The host has a working directory of its own: it is told the whole path. */
static cJSON *mount_ask(int argc, char **argv, const struct argp *argp, const char *command, char path[PATH_MAX])
{
	struct mount_options options = {0};
	cJSON *arguments;

	argp_parse(argp, argc, argv, 0, NULL, &options);
	if (!paths_absolute(options.directory, path)) {
		cli_error("%s: %s: %s", command, options.directory, strerror(errno));
		return NULL;
	}
	arguments = cJSON_CreateObject();
	cJSON_AddStringToObject(arguments, "directory", path);
	if (options.options)
		cJSON_AddStringToObject(arguments, "options", options.options);
	return ask(options.instance, command, arguments);
}

static const struct argp mount_argp = {
	.options = mount_option_list,
	.parser = mount_parse,
	.args_doc = "DIRECTORY",
	.doc = "Mount the file system of an instance on a directory."
	       "\v"
	       "It stays until `drydock umount' or the end of the instance. It may be mounted several times. Other "
	       "users may look in only with `-o allow_other'.\n"
	       "\n"
	       "Example:\n"
	       "  mkdir /tmp/dock && drydock mount /tmp/dock",
	.children = cli_instance_child,
};

int command_mount(int argc, char **argv)
{
	char path[PATH_MAX];
	cJSON *answer = mount_ask(argc, argv, &mount_argp, "mount", path);

	if (!answer)
		return CLI_FAILED;
	printf("Mounted on %s.\n", path);
	cJSON_Delete(answer);
	return CLI_OK;
}

static const struct argp umount_argp = {
	.parser = mount_parse,
	.args_doc = "DIRECTORY",
	.doc = "Unmount the file system of an instance from a directory."
	       "\v"
	       "A mount that is in use is detached: files open there work on until they are closed, or "
	       "until `drydock stop'.\n"
	       "\n"
	       "Example:\n"
	       "  drydock umount /tmp/dock",
	.children = cli_instance_child,
};

int command_umount(int argc, char **argv)
{
	char path[PATH_MAX];
	cJSON *answer = mount_ask(argc, argv, &umount_argp, "umount", path);

	if (!answer)
		return CLI_FAILED;
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "detached")))
		printf("%s was in use and is detached: it goes when the last file there is closed;\nuntil then files open there work, and `drydock stop' alone cuts them off.\n", path);
	cJSON_Delete(answer);
	return CLI_OK;
}
