/* The bridge's mount options. */
#ifndef DRYDOCK_SIM_FUSE_OPTIONS_H
#define DRYDOCK_SIM_FUSE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct options {
	double timeout;   /* seconds that the kernel may keep names and attributes */
	bool allow_other; /* users other than the bridge's own may look in */
	bool kernel_checks; /* Linux checks permissions: not where only root can look in, who passes every check */
	bool writeback;   /* the kernel collects small writes */
	bool shared_locks; /* locks are the file system's, which others use, too */
	char passed[160]; /* options for Linux itself, each after a comma */
};

/*
 * Parses `text`, options separated by commas ("" for none), which is changed.
 * `root`: the bridge runs as root. On failure false, with the reason in
 * `error` (`size` bytes, NUL-terminated).
 */
bool options_parse(struct options *options, char *text, bool root, char *error, size_t size);

/* What libfuse is to be told: its "-o" argument, at most `size` bytes with the NUL. */
void options_for_libfuse(const struct options *options, char *text, size_t size);

#endif
