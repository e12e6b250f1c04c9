/* Sockets of connections, and who waits for them (session.h). */
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

/* ---- waiting --------------------------------------------------------------------------- */

static void serve_waiting(struct held_socket *socket, enum wait_kind kind)
{
	struct request *request, *next;

	while ((request = socket->waiting[kind]) != NULL) {
		/* Replied to, it is gone. */
		next = request->next;
		if (!socket->again[kind](socket, request))
			return;
		socket->waiting[kind] = next;
	}
}

static void woken(void *context)
{
	struct held_socket *socket = context;

	for (int kind = 0; kind < WAIT_KINDS; kind++)
		serve_waiting(socket, kind);
	poll_woken(socket);
}

static bool unlink_waiting(struct request **link, struct request *request)
{
	while (*link != NULL && *link != request)
		link = &(*link)->next;
	if (*link == NULL)
		return false;
	*link = request->next;
	return true;
}

static void cancelled(struct request *request)
{
	struct held_socket *socket = request->context;

	for (int kind = 0; kind < WAIT_KINDS; kind++) {
		if (unlink_waiting(&socket->waiting[kind], request))
			break;
	}
	request_reply(request, POSIX_ECANCELED, 0, NULL);
}

int32_t held_wait(struct held_socket *socket, enum wait_kind kind, struct request *request,
                  bool (*again)(struct held_socket *socket, struct request *request))
{
	struct request **link = &socket->waiting[kind];

	/* The cancel came along with the call: there will be no other. */
	if (request->cancelled)
		return POSIX_ECANCELED;
	while (*link != NULL)
		link = &(*link)->next;
	*link = request;
	request->next = NULL;
	request->context = socket;
	request->on_cancel = cancelled;
	socket->again[kind] = again;
	return REQUEST_DETACHED;
}

/* ---- sockets --------------------------------------------------------------------------- */

static void told_of_datagrams(struct held_socket *socket)
{
	socket->datagram.wake = woken;
	socket->datagram.context = socket;
}

static void told_of_stream(struct held_socket *socket)
{
	socket->stream.wake = woken;
	socket->stream.context = socket;
}

/* A place for a socket, which is nobody else's from now on, and memory for it. */
static int32_t session_reserve(struct session *session, uint32_t kind, struct held_socket **socket,
                               uint32_t *number)
{
	uint32_t place = 0;

	while (place < SESSION_SOCKETS && session->sockets[place] != NULL)
		place++;
	if (place == SESSION_SOCKETS)
		return POSIX_EMFILE;
	*socket = runtime_allocate(session->server->runtime, sizeof(**socket));
	if (*socket == NULL)
		return POSIX_ENOMEM;
	(*socket)->session = session;
	(*socket)->kind = kind;
	list_init(&(*socket)->polls);
	session->sockets[place] = *socket;
	*number = place + 1;
	return 0;
}

/* It came to nothing. */
static int32_t session_give_back(struct session *session, uint32_t number, int32_t status)
{
	runtime_free(session->server->runtime, session->sockets[number - 1]);
	session->sockets[number - 1] = NULL;
	return status;
}

int32_t session_open(struct session *session, uint32_t kind, uint32_t *number)
{
	struct netstack *stack = &session->server->stack;
	struct held_socket *socket;
	int32_t status = session_reserve(session, kind, &socket, number);

	if (status != 0)
		return status;
	if (kind == SOCKET_KIND_STREAM) {
		status = stream_open(stack, &socket->stream);
		told_of_stream(socket);
	} else {
		datagram_open(stack,
		              kind == SOCKET_KIND_ECHO  ? DATAGRAM_ECHO
		              : kind == SOCKET_KIND_RAW ? DATAGRAM_RAW
		                                        : DATAGRAM_UDP,
		              &socket->datagram);
		told_of_datagrams(socket);
	}
	return status == 0 ? 0 : session_give_back(session, *number, status);
}

int32_t session_accept(struct held_socket *listener, uint32_t *number)
{
	struct session *session = listener->session;
	struct held_socket *socket;
	int32_t status = session_reserve(session, SOCKET_KIND_STREAM, &socket, number);

	if (status != 0)
		return status;
	status = stream_accept(&listener->stream, &socket->stream);
	if (status != 0)
		return session_give_back(session, *number, status);
	told_of_stream(socket);
	return 0;
}

struct held_socket *session_find(const struct session *session, uint32_t number)
{
	return number >= 1 && number <= SESSION_SOCKETS ? session->sockets[number - 1] : NULL;
}

static void end_waiting(struct held_socket *socket)
{
	for (int kind = 0; kind < WAIT_KINDS; kind++) {
		struct request *request;

		while ((request = socket->waiting[kind]) != NULL) {
			socket->waiting[kind] = request->next;
			request_reply(request, POSIX_ECANCELED, 0, NULL);
		}
	}
}

bool session_close(struct session *session, uint32_t number)
{
	struct held_socket *socket = session_find(session, number);

	if (socket == NULL)
		return false;
	end_waiting(socket);
	session->sockets[number - 1] = NULL;
	poll_closed(socket);
	if (socket->kind == SOCKET_KIND_STREAM)
		stream_close(&socket->stream, socket->reset);
	else
		datagram_close(&socket->datagram);
	runtime_free(session->server->runtime, socket);
	return true;
}

void session_destroy(struct session *session)
{
	for (uint32_t number = 1; number <= SESSION_SOCKETS; number++)
		session_close(session, number);
	runtime_free(session->server->runtime, session);
}
