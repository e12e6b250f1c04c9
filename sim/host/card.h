/* Network cards for servers: TAP devices of Linux's, which the host opens and keeps. */
#ifndef DRYDOCK_HOST_CARD_H
#define DRYDOCK_HOST_CARD_H

#include <stddef.h>
#include <sys/types.h>

#include "host.h"
#include "sim/devices/tap.h"

struct host_card {
	const struct host_card_options *options;
	int tap;    /* -1: there is none */
	int record; /* -1: frames are not recorded */
	pid_t keeper; /* of the namespace that Linux's end is in; 0: the host's own */
	struct tap_parameters parameters;
};

/*
 * Opens what `options` names. False with the reason, and what to do about it, in `error`
 * (`size` bytes): then the server has no such card, and goes without.
 */
bool card_open(const struct host_card_options *options, struct host_card *card, char *error, size_t size);
void card_close(struct host_card *card);

/* The same whatever `options` says of namespaces: in that of this process. */
bool card_open_here(const struct host_card_options *options, struct host_card *card, char *error, size_t size);

#endif
