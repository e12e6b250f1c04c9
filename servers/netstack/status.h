/* The handlers of protocol `socket` that tell what there is. */
#ifndef NETSTACK_STATUS_H
#define NETSTACK_STATUS_H

#include <drydock/proto/socket.h>

extern const struct socket_operations socket_handlers; /* socket_protocol.c */

int32_t serve_interfaces(struct request *request, const struct socket_interfaces_arguments *arguments,
                         struct socket_interfaces_results *results);
int32_t serve_routes(struct request *request, const struct socket_routes_arguments *arguments,
                     struct socket_routes_results *results);
int32_t serve_neighbours(struct request *request, const struct socket_neighbours_arguments *arguments,
                         struct socket_neighbours_results *results);
int32_t serve_sockets(struct request *request, const struct socket_sockets_arguments *arguments,
                      struct socket_sockets_results *results);
int32_t serve_drops(struct request *request, const struct socket_drops_arguments *arguments,
                    struct socket_drops_results *results);
int32_t serve_addresses(struct request *request, const struct socket_addresses_arguments *arguments,
                        struct socket_addresses_results *results);

#endif
