/* The option that every command takes (cli.h). */
#include "cli.h"
#include "sim/host/instance.h"

#define OPTION_NAME 0x100 /* no letter */

static const struct argp_option instance_options[] = {
	{"name", OPTION_NAME, "NAME", 0, "The instance, where it is not `" INSTANCE_NAME_DEFAULT "'", -1},
	{0},
};

static error_t instance_parse(int key, char *argument, struct argp_state *state)
{
	const char **instance = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		/* Only an option seen changes it: `fs --name A ls` parses twice. */
		if (!*instance)
			*instance = INSTANCE_NAME_DEFAULT;
		return 0;
	case OPTION_NAME:
		if (!instance_name_valid(argument))
			argp_error(state, "`%s' is no name for an instance: 1 to %d of A-Z a-z 0-9 _ . - are wanted",
			           argument, INSTANCE_NAME_MAXIMUM);
		*instance = argument;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp cli_instance_argp = {.options = instance_options, .parser = instance_parse};

const struct argp_child cli_instance_child[] = {
	{&cli_instance_argp, 0, NULL, 0},
	{0},
};
