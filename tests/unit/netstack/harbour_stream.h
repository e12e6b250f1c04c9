/* The netstack server in a basin, with loopback alone, and a guest that is at both ends of its streams. */
#ifndef TESTS_NETSTACK_HARBOUR_STREAM_H
#define TESTS_NETSTACK_HARBOUR_STREAM_H

#include "tests/unit/unit.h"

#include <drydock/posix.h>
#include <drydock/proto/socket.h>

#include "tests/unit/init/dock.h"

#define SELF   (0x7f000001ull << 32)
#define PORT   80u
#define SECOND (1000 * MILLISECOND)

extern const struct server_definition netstack_server;

extern struct client *client;          /* the guest's */
extern uint32_t listener, near, far;   /* sockets: near has connected, far was accepted */

void boot(void);

/* Boots, and runs `body` to its end in a guest. */
void run(void (*body)(struct runtime *runtime));

/* ---- for the guest: calls that are short, or must succeed ------------------------------ */

uint32_t create(void);
int32_t connect_to(uint32_t socket, uint32_t port, uint32_t flags);
int32_t send_bytes(uint32_t socket, const void *bytes, uint32_t length, uint32_t flags, uint32_t *sent);
int32_t receive(uint32_t socket, void *bytes, uint32_t capacity, uint32_t flags, uint32_t *length);

void says(uint32_t socket, const char *text);
void hears(uint32_t socket, const char *text);
void hears_the_end(uint32_t socket);

/* Sends until it would wait; how much. */
uint32_t fill(uint32_t socket);

/* Opens `client` and listens at PORT. */
void listens(struct runtime *runtime);

/* A listener at PORT and a connection to it. */
void connected(struct runtime *runtime);

#endif
