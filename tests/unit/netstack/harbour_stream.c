/* The server and its guest (harbour_stream.h). */
#include "harbour_stream.h"

#include <string.h>

#include <drydock/dev/net.h>

#define FILL 30000u

struct client *client;
uint32_t listener, near, far;

/* There is no card here. */
struct net_card *net_open(struct runtime *runtime, uint32_t index, uint32_t offloads, int32_t *status)
{
	(void)runtime;
	(void)index;
	(void)offloads;
	*status = POSIX_ENOENT;
	return NULL;
}

void net_close(struct net_card *card)
{
	(void)card;
	ck_abort();
}

void boot(void)
{
	dock_prepare();
	dock_boot_with(&netstack_server);
}

void run(void (*body)(struct runtime *runtime))
{
	boot();
	dock_guest(DOCK_USER, body);
	dock_pass(60 * SECOND);
	ck_assert(dock_guest_done());
}

/* ---- calls ------------------------------------------------------------------------- */

uint32_t create(void)
{
	struct socket_create_results results;

	ck_assert_int_eq(socket_create(client, SOCKET_FAMILY_IPV4, SOCKET_KIND_STREAM, &results), 0);
	return results.socket;
}

int32_t connect_to(uint32_t socket, uint32_t port, uint32_t flags)
{
	return socket_connect(client, socket, SOCKET_FAMILY_IPV4, port, flags, SELF, 0);
}

int32_t send_bytes(uint32_t socket, const void *bytes, uint32_t length, uint32_t flags, uint32_t *sent)
{
	struct socket_send_results results = {0};
	int32_t status =
		socket_send(client, socket, SOCKET_FAMILY_NONE, 0, flags, 0, 0, bytes, length, &results);

	*sent = results.sent;
	return status;
}

void says(uint32_t socket, const char *text)
{
	uint32_t sent;

	ck_assert_int_eq(send_bytes(socket, text, (uint32_t)strlen(text), 0, &sent), 0);
	ck_assert_uint_eq(sent, strlen(text));
}

int32_t receive(uint32_t socket, void *bytes, uint32_t capacity, uint32_t flags, uint32_t *length)
{
	struct socket_recv_results results = {0};
	int32_t status = socket_recv(client, socket, flags, bytes, capacity, &results);

	*length = results.data_length;
	return status;
}

void hears(uint32_t socket, const char *text)
{
	char bytes[64];
	uint32_t length, at = 0;

	while (at < strlen(text)) {
		ck_assert_int_eq(receive(socket, bytes + at, sizeof(bytes) - at, 0, &length), 0);
		ck_assert_uint_ne(length, 0);
		at += length;
	}
	ck_assert_uint_eq(at, strlen(text));
	ck_assert_mem_eq(bytes, text, at);
}

void hears_the_end(uint32_t socket)
{
	char bytes[4];
	uint32_t length;

	ck_assert_int_eq(receive(socket, bytes, sizeof(bytes), 0, &length), 0);
	ck_assert_uint_eq(length, 0);
}

void listens(struct runtime *runtime)
{
	client = dock_open(runtime, "victim", &socket_protocol);
	listener = create();
	ck_assert_int_eq(socket_bind(client, listener, SOCKET_FAMILY_NONE, PORT, 0, 0), 0);
	ck_assert_int_eq(socket_listen(client, listener, 16), 0);
}

/* A listener at PORT and a connection to it. */
void connected(struct runtime *runtime)
{
	struct socket_accept_results accepted;

	listens(runtime);
	near = create();
	ck_assert_int_eq(connect_to(near, PORT, 0), 0);
	ck_assert_int_eq(socket_accept(client, listener, 0, &accepted), 0);
	far = accepted.accepted;
	ck_assert_uint_eq(accepted.family, SOCKET_FAMILY_IPV4);
	ck_assert_uint_eq(accepted.address_high, SELF);
	ck_assert_uint_ge(accepted.port, 1024);
}

/* Until it would wait. */
uint32_t fill(uint32_t socket)
{
	static const uint8_t bytes[FILL];
	uint32_t sent, total = 0;
	int32_t status;

	while ((status = send_bytes(socket, bytes, sizeof(bytes), SOCKET_AT_ONCE, &sent)) == 0)
		total += sent;
	ck_assert_int_eq(status, POSIX_EAGAIN);
	return total;
}
