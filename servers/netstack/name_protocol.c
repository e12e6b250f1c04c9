/* Names for clients: what resolver.h answers later is replied then. */
#include "name_protocol.h"

#include "server.h"
#include "session.h"

/* A call that waits. */
struct name_call {
	struct name_request request;
	struct netstack_server *server;
	struct request *call;
	bool detached; /* the handler has returned */
	int32_t status;
	uint32_t length; /* bytes of addresses that were written */
};

/* As many addresses as there is room for, into the caller's area. */
static uint32_t put(const struct request *call, const struct net_address *addresses, uint32_t count)
{
	uint32_t length = 0;

	for (uint32_t i = 0; i < count && call->out_length - length >= sizeof(struct socket_resolved); i++) {
		struct socket_resolved record = {.family = addresses[i].family};

		net_address_give(&addresses[i], &record.high, &record.low);
		memcpy(call->out + length, &record, sizeof(record));
		length += (uint32_t)sizeof(record);
	}
	return length;
}

static void done(void *context, int32_t status, const struct net_address *addresses, uint32_t count)
{
	struct name_call *call = context;
	struct socket_resolve_results results = {.addresses_length = put(call->call, addresses, count)};

	if (!call->detached) {
		call->status = status;
		call->length = results.addresses_length;
		call->request.context = NULL;
		return;
	}
	socket_resolve_reply(call->call, status, status == 0 ? &results : NULL);
	runtime_free(call->server->runtime, call);
}

static void cancelled(struct request *request)
{
	struct name_call *call = request->context;

	resolver_cancel(&call->server->stack, &call->request);
	request_reply(request, POSIX_ECANCELED, 0, NULL);
	runtime_free(call->server->runtime, call);
}

int32_t serve_resolve(struct request *request, const struct socket_resolve_arguments *arguments,
                      struct socket_resolve_results *results)
{
	struct netstack_server *server = session_of(request)->server;
	struct name_call *call;
	int32_t status;

	if (arguments->family != SOCKET_FAMILY_NONE && arguments->family != SOCKET_FAMILY_IPV4 &&
	    arguments->family != SOCKET_FAMILY_IPV6)
		return POSIX_EAFNOSUPPORT;
	if (request->cancelled)
		return POSIX_ECANCELED;
	call = runtime_allocate(server->runtime, sizeof(*call));
	if (call == NULL)
		return POSIX_ENOMEM;
	*call = (struct name_call){.server = server, .call = request};
	call->request.done = done;
	call->request.context = call;
	status = resolver_ask(&server->stack, arguments->name, arguments->name_length,
	                      (uint8_t)arguments->family, &call->request);
	if (status == 0 && call->request.context != NULL) {
		call->detached = true;
		request->context = call;
		request->on_cancel = cancelled;
		return REQUEST_DETACHED;
	}
	if (status == 0)
		status = call->status;
	results->addresses_length = call->length;
	runtime_free(server->runtime, call);
	return status;
}
