/* The netstack server: the stack in the loop of a process, and its clients. */
#ifndef NETSTACK_SERVER_H
#define NETSTACK_SERVER_H

#include <drydock/server.h>

#include "loopback.h"
#include "netstack.h"

struct netstack_server {
	struct runtime *runtime;
	struct netstack stack;
	struct loopback loopback;
	struct interface *interface; /* of the card; NULL: there is none */
	struct timer timer;          /* the stack's next alarm */
};

/* configure.c: brings up loopback and the card. False, and said why, where nothing can work. */
bool server_configure(struct netstack_server *server);

#endif
