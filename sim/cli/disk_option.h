/*
 * What `drydock run --disk` is given: IMAGE[@OFFSET][:pNUMBER][:/DIRECTORY][:ro].
 * Read from its end, so that an image's name may hold anything that does not
 * look like one of these.
 */
#ifndef DRYDOCK_CLI_DISK_OPTION_H
#define DRYDOCK_CLI_DISK_OPTION_H

#include <stdbool.h>
#include <stdint.h>

struct disk_option {
	const char *image;     /* within the text that was parsed */
	uint64_t offset;       /* bytes */
	unsigned partition;    /* 0: none */
	const char *directory; /* where it is mounted; NULL: not said */
	bool read_only;
};

/* Takes `text` apart, in place. NULL, or what is wrong with it (a constant). */
const char *disk_option_parse(char *text, struct disk_option *option);

#endif
