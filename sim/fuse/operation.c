/* Requests on their way: the record of each, and the call that it became. */
#include "bridge.h"

#include <errno.h>
#include <stdlib.h>

#include "reply.h"

struct operation *operation_take(struct bridge *bridge)
{
	struct list *link = list_take(&bridge->operations);
	struct operation *operation;

	if (link != NULL)
		return list_entry(link, struct operation, link);
	operation = calloc(1, sizeof(*operation));
	if (operation == NULL)
		return NULL;
	list_init(&operation->link);
	operation->bridge = bridge;
	return operation;
}

void operation_put(struct operation *operation)
{
	list_add_head(&operation->bridge->operations, &operation->link);
}

void operations_free(struct bridge *bridge)
{
	for (struct list *link; (link = list_take(&bridge->operations)) != NULL;)
		free(list_entry(link, struct operation, link));
}

/* libfuse forgets the request; the message stays (bridge.h). */
static void park(struct bridge *bridge, fuse_req_t request)
{
	bridge->park = true;
	fuse_reply_none(request);
}

struct operation *operation_start(fuse_req_t request, void (*finish)(struct operation *operation))
{
	struct bridge *bridge = fuse_req_userdata(request);
	struct operation *operation;

	if (!connection_ready(bridge)) {
		if (bridge->given_up)
			fuse_reply_err(request, EIO);
		else
			park(bridge, request);
		return NULL;
	}
	operation = operation_take(bridge);
	if (operation == NULL) {
		fuse_reply_err(request, ENOMEM);
		return NULL;
	}
	operation->request = request;
	operation->finish = finish;
	operation->buffer = NULL;
	operation->ahead = NULL;
	operation->others = false;
	return operation;
}

static void operation_done(struct call *call, void *context)
{
	struct operation *operation = context;
	struct bridge *bridge = operation->bridge;

	ahead_changed(operation);
	operation->finish(operation);
	call_end(call);
	bridge->outstanding--;
	bridge->retry = true;
	if (operation->buffer != NULL)
		buffer_put(bridge, operation->buffer);
	operation_put(operation);
}

void operation_finish_plain(struct operation *operation)
{
	int32_t status = operation->call.status;

	fuse_reply_err(operation->request, status ? reply_errno(status) : 0);
}

static void interrupted(fuse_req_t request, void *context)
{
	struct operation *operation = context;

	(void)request;
	call_cancel(&operation->call);
}

/* The call was not made. It is tried again once the lane has room or is back. */
static bool refuse(struct operation *operation, int32_t status)
{
	struct bridge *bridge = operation->bridge;
	fuse_req_t request = operation->request;
	bool wait =
		(status == -E_WOULD_BLOCK && (bridge->outstanding > 0 || bridge->forgets.in_flight > 0)) ||
		(status == -E_PEER_DEAD && !bridge->given_up);

	operation_put(operation);
	if (wait)
		park(bridge, request);
	else
		fuse_reply_err(request, reply_errno(status));
	return false;
}

static bool submit(struct operation *operation, uint32_t actor)
{
	struct bridge *bridge = operation->bridge;

	call_set_actor(&operation->call, actor);
	bridge->outstanding++;
	call_submit(&operation->call, operation_done, operation);
	/* Runs at once where the interrupt came first. */
	fuse_req_interrupt_func(operation->request, interrupted, operation);
	return true;
}

bool operation_submit(struct operation *operation, int32_t status)
{
	return status == 0 ? submit(operation, operation->bridge->actor) : refuse(operation, status);
}

bool operation_submit_owned(struct operation *operation, int32_t status)
{
	const struct fuse_ctx *context = fuse_req_ctx(operation->request);
	struct bridge *bridge = operation->bridge;
	enum identity_answer answer;
	uint32_t actor;

	if (status != 0)
		return refuse(operation, status);
	answer = identity_actor(bridge, context->uid, context->gid, &actor, &status);
	if (answer == IDENTITY_KNOWN)
		return submit(operation, actor);
	call_end(&operation->call);
	if (answer == IDENTITY_REFUSED)
		return refuse(operation, status);
	park(bridge, operation->request);
	operation_put(operation);
	return false;
}
