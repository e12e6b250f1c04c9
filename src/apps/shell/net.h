/* Sockets for the shell's commands (net.c). All return a status, and suspend. */
#ifndef DRYDOCK_SHELL_NET_H
#define DRYDOCK_SHELL_NET_H

#include <drydock/network.h>

#include "internal.h"

struct shell_socket {
	uint32_t number;
	uint64_t
		session; /* generation of the connection to the network stack: with another it is another's */
};

/* `kind`: SOCKET_KIND_*. */
int32_t shell_socket_open(struct shell *shell, uint32_t kind, struct shell_socket *socket);

/* Harmless where it was not opened. */
void shell_socket_close(struct shell *shell, const struct shell_socket *socket);

int32_t shell_socket_connect(struct shell *shell, const struct shell_socket *socket,
                             const struct network_address *address);

/* All of it. */
int32_t shell_socket_send(struct shell *shell, const struct shell_socket *socket, const void *bytes,
                          uint32_t length);

/* At most `capacity` bytes, up to CHUNK_SIZE; *count of them, 0 at a stream's end. *port (or NULL) is the sender's. */
int32_t shell_socket_receive(struct shell *shell, const struct shell_socket *socket, void *into,
                             uint32_t capacity, uint32_t flags, uint32_t *count, uint32_t *port);

/*
 * The address that `text` is, or has as a name; the port stays unless the text has one. False after saying, for
 * `command`, what is wrong.
 */
bool shell_resolve(struct shell *shell, const char *command, const char *text, struct network_address *address);

/* Says what `command` met with `subject`; as shell_status_error, in the words of networks. */
int net_error(struct shell *shell, const char *command, const char *subject, int32_t status);

#endif
