/* Sockets of connections (session.h). */
#include "session.h"

#include <drydock/proto/socket.h>

#include "server.h"

struct session *session_create(struct netstack_server *server)
{
	struct session *session = runtime_allocate(server->runtime, sizeof(*session));

	if (session != NULL)
		session->server = server;
	return session;
}

int32_t session_open(struct session *session, enum datagram_kind kind, uint32_t *number)
{
	struct held_socket *socket;
	uint32_t place = 0;

	while (place < SESSION_SOCKETS && session->sockets[place] != NULL)
		place++;
	if (place == SESSION_SOCKETS)
		return POSIX_EMFILE;
	socket = runtime_allocate(session->server->runtime, sizeof(*socket));
	if (socket == NULL)
		return POSIX_ENOMEM;
	datagram_open(&session->server->stack, kind, &socket->datagram);
	socket->session = session;
	session->sockets[place] = socket;
	*number = place + 1;
	return 0;
}

struct held_socket *session_find(struct session *session, uint32_t number)
{
	return number >= 1 && number <= SESSION_SOCKETS ? session->sockets[number - 1] : NULL;
}

bool session_close(struct session *session, uint32_t number)
{
	struct held_socket *socket = session_find(session, number);
	struct request *request;

	if (socket == NULL)
		return false;
	while ((request = socket->waiting) != NULL) {
		socket->waiting = request->next;
		socket_recv_reply(request, POSIX_ECANCELED, NULL);
	}
	datagram_close(&socket->datagram);
	session->sockets[number - 1] = NULL;
	runtime_free(session->server->runtime, socket);
	return true;
}

void session_destroy(struct session *session)
{
	for (uint32_t number = 1; number <= SESSION_SOCKETS; number++)
		session_close(session, number);
	runtime_free(session->server->runtime, session);
}
