/* Telling the host, which waits for it, that this process is ready, or why not. */
#include "internal.h"

#include <stdio.h>
#include <sys/socket.h>

void os_send_status(struct os *os, const char *error)
{
	struct descriptor_status status = {.header = {.magic = DESCRIPTOR_MAGIC,
	                                              .version = DESCRIPTOR_VERSION,
	                                              .type = DESCRIPTOR_STATUS},
	                                   .ready = error == NULL};

	if (error != NULL)
		snprintf(status.text, sizeof(status.text), "%s", error);
	/* Where the host is gone, the next system call finds that out. */
	(void)!send(os->socket, &status, sizeof(status), MSG_NOSIGNAL);
}
