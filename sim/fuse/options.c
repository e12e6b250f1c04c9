/* The bridge's mount options: `drydock-fuse DIRECTORY [OPTION,OPTION…]`. */
#include "options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_DEFAULT 1.0 /* seconds: programs on the system change files, too */
#define TIMEOUT_MAXIMUM 1e9

enum option {
	OPTION_ALLOW_OTHER,
	OPTION_TIMEOUT,
	OPTION_WRITEBACK,
	OPTION_SHARED_LOCKS,
	OPTION_FIRST_OF_LINUX, /* from here on Linux's own, of any mount (mount(8)) */
};

static char *const tokens[] = {
	[OPTION_ALLOW_OTHER] = (char[]){"allow_other"},
	[OPTION_TIMEOUT] = (char[]){"timeout"},
	[OPTION_WRITEBACK] = (char[]){"writeback"},
	[OPTION_SHARED_LOCKS] = (char[]){"shared_locks"},
	[OPTION_FIRST_OF_LINUX] = (char[]){"ro"},
	(char[]){"rw"},
	(char[]){"suid"},
	(char[]){"nosuid"},
	(char[]){"dev"},
	(char[]){"nodev"},
	(char[]){"exec"},
	(char[]){"noexec"},
	(char[]){"atime"},
	(char[]){"noatime"},
	(char[]){"nodiratime"},
	(char[]){"sync"},
	(char[]){"async"},
	(char[]){"dirsync"},
	NULL,
};

static bool parse_timeout(const char *value, double *timeout)
{
	char *end;

	if (value == NULL || *value == '\0')
		return false;
	*timeout = strtod(value, &end);
	return *end == '\0' && isfinite(*timeout) && *timeout >= 0 && *timeout <= TIMEOUT_MAXIMUM;
}

static bool pass_on(struct options *options, int option, char *error, size_t size)
{
	size_t length = strlen(options->passed);

	if (length + 1 + strlen(tokens[option]) < sizeof(options->passed)) {
		sprintf(options->passed + length, ",%s", tokens[option]);
		return true;
	}
	snprintf(error, size, "there are more mount options than fit");
	return false;
}

/* One option; `name` is its text where it is unknown. */
static bool parse_one(struct options *options, int option, char *value, char *error, size_t size)
{
	if (option >= 0 && option != OPTION_TIMEOUT && value != NULL) {
		snprintf(error, size, "mount option '%s' takes no value", tokens[option]);
		return false;
	}
	switch (option) {
	case OPTION_ALLOW_OTHER:
		options->allow_other = true;
		return true;
	case OPTION_WRITEBACK:
		options->writeback = true;
		return true;
	case OPTION_SHARED_LOCKS:
		options->shared_locks = true;
		return true;
	case OPTION_TIMEOUT:
		if (parse_timeout(value, &options->timeout))
			return true;
		snprintf(error, size, "mount option 'timeout' is a number of seconds from 0 on, not '%s'",
		         value ? value : "");
		return false;
	case -1:
		snprintf(error, size,
		         "unknown mount option '%s'; there are allow_other, timeout=SECONDS, writeback, shared_locks, and "
		         "Linux's ro, nosuid, nodev, noexec, noatime, nodiratime, sync, dirsync and their contraries",
		         value);
		return false;
	}
	return pass_on(options, option, error, size);
}

bool options_parse(struct options *options, char *text, bool root, char *error, size_t size)
{
	/* As mount(8) has it: by default a mount of root's is trusted. */
	*options = (struct options){.timeout = TIMEOUT_DEFAULT, .passed = ""};
	if (root)
		strcpy(options->passed, ",suid,dev");
	while (*text != '\0') {
		char *value;
		int option = getsubopt(&text, tokens, &value);

		if (!parse_one(options, option, value, error, size))
			return false;
	}
	options->kernel_checks = options->allow_other || !root;
	return true;
}

void options_for_libfuse(const struct options *options, char *text, size_t size)
{
	/*
	 * With default_permissions Linux checks modes and owners, and the vfs is
	 * told that it does. After every change in a directory it asks for that
	 * directory's attributes again; so it is left out where it could refuse nothing.
	 */
	snprintf(text, size, "fsname=drydock,subtype=drydock%s%s%s",
	         options->kernel_checks ? ",default_permissions" : "", options->allow_other ? ",allow_other" : "",
	         options->passed);
}
