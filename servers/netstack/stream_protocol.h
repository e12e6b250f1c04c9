/* What protocol `socket` does with streams (stream_protocol.c), for socket_protocol.c, which serves it. */
#ifndef NETSTACK_STREAM_PROTOCOL_H
#define NETSTACK_STREAM_PROTOCOL_H

#include <drydock/proto/socket.h>

#include "session.h"

int32_t serve_listen(struct request *request, const struct socket_listen_arguments *arguments);
int32_t serve_accept(struct request *request, const struct socket_accept_arguments *arguments,
                     struct socket_accept_results *results);
int32_t serve_shutdown(struct request *request, const struct socket_shutdown_arguments *arguments);
int32_t serve_information(struct request *request, const struct socket_information_arguments *arguments,
                          struct socket_information_results *results);

/* The parts that concern a socket of SOCKET_KIND_STREAM. */
int32_t held_stream_connect(struct held_socket *socket, struct request *request,
                            const struct endpoint *remote, uint32_t flags);
int32_t held_stream_send(struct held_socket *socket, struct request *request,
                         const struct socket_send_arguments *arguments, struct socket_send_results *results);
int32_t held_stream_receive(struct held_socket *socket, uint8_t *data, uint32_t capacity, uint32_t flags,
                            struct socket_recv_results *results);
int32_t held_stream_set_option(struct held_socket *socket, uint32_t option, uint32_t value);
int32_t held_stream_get_option(struct held_socket *socket, uint32_t option, uint32_t *value);

#endif
