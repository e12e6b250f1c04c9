/*
 * Polling many sockets by one call. Who waits is a member of each socket's list, so
 * that an event costs those who wait for that socket, not all that anybody polls.
 */
#include <drydock/proto/socket.h>

#include "server.h"
#include "session.h"

#define ALWAYS (SOCKET_POLL_ERROR | SOCKET_POLL_CLOSED | SOCKET_POLL_BAD)

/* One socket that a call polls. */
struct poll_member {
	struct list link; /* in held_socket->polls */
	struct poll *poll;
	struct socket_poll_entry wanted;
};

/* A call that waits. */
struct poll {
	struct runtime *runtime;
	struct session *session;
	struct request *request;
	struct timer timer;
	uint32_t count;
	struct poll_member members[];
};

/* ---- what a socket is ready for ------------------------------------------------------ */

static uint32_t stream_events(const struct held_socket *socket)
{
	uint32_t ready = tcp_ready(socket->stream.tcp);

	return (ready & (TCP_READABLE | TCP_ACCEPTABLE) ? SOCKET_POLL_READABLE : 0u) |
	       (ready & TCP_WRITABLE ? SOCKET_POLL_WRITABLE : 0u) |
	       (ready & TCP_ERROR ? SOCKET_POLL_ERROR : 0u) | (ready & TCP_CLOSED ? SOCKET_POLL_CLOSED : 0u);
}

static uint32_t datagram_events(const struct held_socket *socket)
{
	bool error = socket->datagram.error != 0;

	return (error || !list_empty(&socket->datagram.queue) ? SOCKET_POLL_READABLE : 0u) |
	       (error ? SOCKET_POLL_ERROR : 0u) | SOCKET_POLL_WRITABLE;
}

/* Those that are wanted, and those always told. */
static uint32_t events_of(const struct session *session, const struct socket_poll_entry *wanted)
{
	const struct held_socket *socket = session_find(session, wanted->socket);
	uint32_t events;

	if (socket == NULL)
		return SOCKET_POLL_BAD;
	events = socket->kind == SOCKET_KIND_STREAM ? stream_events(socket) : datagram_events(socket);
	return events & (wanted->events | ALWAYS);
}

/* Adds it to what the request is told; `length` is how much it has been told. */
static void tell(const struct request *request, const struct session *session,
                 const struct socket_poll_entry *wanted, uint32_t *length)
{
	const struct socket_poll_entry entry = {.socket = wanted->socket,
	                                        .events = events_of(session, wanted)};

	if (entry.events == 0 || request->out_length - *length < sizeof(entry))
		return;
	memcpy(request->out + *length, &entry, sizeof(entry));
	*length += (uint32_t)sizeof(entry);
}

/* ---- waiting --------------------------------------------------------------------------- */

static void end(struct poll *poll, int32_t status)
{
	struct socket_poll_results results = {.ready_length = 0};

	for (uint32_t i = 0; i < poll->count; i++) {
		list_remove(&poll->members[i].link);
		if (status == 0)
			tell(poll->request, poll->session, &poll->members[i].wanted, &results.ready_length);
	}
	timer_cancel(poll->runtime, &poll->timer);
	socket_poll_reply(poll->request, status, status == 0 ? &results : NULL);
	runtime_free(poll->runtime, poll);
}

static void cancelled(struct request *request)
{
	end(request->context, POSIX_ECANCELED);
}

static void timed_out(struct timer *timer, void *context)
{
	(void)timer;
	end(context, 0);
}

/* Several members of one call may have the same socket: each end of a poll takes all of them out. */
void poll_closed(struct held_socket *socket)
{
	while (!list_empty(&socket->polls))
		end(list_entry(socket->polls.next, struct poll_member, link)->poll, 0);
}

void poll_woken(struct held_socket *socket)
{
	struct list *link = socket->polls.next;

	while (link != &socket->polls) {
		const struct poll_member *member = list_entry(link, struct poll_member, link);

		link = link->next;
		if (events_of(socket->session, &member->wanted) == 0)
			continue;
		end(member->poll, 0);
		/* The next one may have been the same call's. */
		link = socket->polls.next;
	}
}

static int32_t wait(struct request *request, const struct socket_poll_arguments *arguments, uint32_t count)
{
	struct session *session = session_of(request);
	struct runtime *runtime = session->server->runtime;
	uint64_t now = runtime_time(runtime);
	struct poll *poll;

	if (request->cancelled)
		return POSIX_ECANCELED;
	poll = runtime_allocate(runtime, sizeof(*poll) + count * sizeof(poll->members[0]));
	if (poll == NULL)
		return POSIX_ENOMEM;
	poll->runtime = runtime;
	poll->session = session;
	poll->request = request;
	poll->count = count;
	request->context = poll;
	request->on_cancel = cancelled;
	for (uint32_t i = 0; i < count; i++) {
		struct poll_member *member = &poll->members[i];
		struct held_socket *socket;

		memcpy(&member->wanted, arguments->entries + i * sizeof(member->wanted),
		       sizeof(member->wanted));
		member->poll = poll;
		list_init(&member->link);
		socket = session_find(session, member->wanted.socket);
		if (socket != NULL)
			list_add_tail(&socket->polls, &member->link);
	}
	poll->timer.fire = timed_out;
	poll->timer.context = poll;
	if (arguments->wait < DEADLINE_NEVER - now)
		timer_set(runtime, &poll->timer, now + arguments->wait);
	return REQUEST_DETACHED;
}

int32_t serve_poll(struct request *request, const struct socket_poll_arguments *arguments,
                   struct socket_poll_results *results)
{
	uint32_t count = arguments->entries_length / (uint32_t)sizeof(struct socket_poll_entry);

	if (arguments->entries_length % sizeof(struct socket_poll_entry) != 0 || count > SESSION_SOCKETS ||
	    arguments->ready_capacity < sizeof(struct socket_poll_entry))
		return POSIX_EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		struct socket_poll_entry wanted;

		memcpy(&wanted, arguments->entries + i * sizeof(wanted), sizeof(wanted));
		tell(request, session_of(request), &wanted, &results->ready_length);
	}
	if (results->ready_length > 0 || arguments->wait == 0)
		return 0;
	return wait(request, arguments, count);
}
