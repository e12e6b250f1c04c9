/* The handler of protocol `socket` for names (name_protocol.c), for socket_protocol.c, which serves it. */
#ifndef NETSTACK_NAME_PROTOCOL_H
#define NETSTACK_NAME_PROTOCOL_H

#include <drydock/proto/socket.h>

int32_t serve_resolve(struct request *request, const struct socket_resolve_arguments *arguments,
                      struct socket_resolve_results *results);

#endif
