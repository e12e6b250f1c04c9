/*
 * main() of every server's executable: it makes os.h over what the host handed
 * down and runs the one server that is linked in.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include <drydock/server.h>

#include "linux.h"
#include "start.h"

extern const struct server_definition DRYDOCK_SERVER;

int main(int argument_count, char **arguments)
{
	char error[256];
	struct os *os;

	(void)argument_count;
	if (fcntl(DESCRIPTOR_SOCKET, F_SETFD, FD_CLOEXEC) != 0 && errno == EBADF) {
		fprintf(stderr,
		        "%s: this is a server of Drydock and is started by its host: drydock run\n"
		        "To debug it from its first instruction: drydock run --gdb %s\n",
		        arguments[0], DRYDOCK_SERVER.name);
		return 2;
	}
	os = os_create(DESCRIPTOR_SOCKET, error, sizeof(error));
	if (os == NULL) {
		fprintf(stderr, "%s: %s\n", arguments[0], error);
		return 2;
	}
	os_catch_exceptions(os);
	os_exit(os, runtime_main(os, &DRYDOCK_SERVER));
}
