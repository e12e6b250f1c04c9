/* A lane within one process: see fake_lane.h. */
#include "fake_lane.h"

#include <check.h>
#include <stddef.h>
#include <string.h>

/* The call's lane is the fake client itself. */
#define FAKE(call) ((struct client *)(call)->lane)

void fake_setup(struct client *client, const struct protocol *protocol, const void *operations)
{
	memset(client, 0, sizeof(*client));
	client->protocol = protocol;
	client->operations = operations;
}

int32_t call_begin(struct call *call, struct client *client, uint16_t op, uint32_t in_length,
                   uint32_t out_length)
{
	uint16_t flags = (in_length ? MESSAGE_IN : 0) | (out_length ? MESSAGE_OUT : 0);

	if (client->begin_status)
		return client->begin_status;
	if (in_length > FAKE_AREA || out_length > FAKE_AREA)
		return -E_TOO_LARGE;
	client->begun++;
	call->lane = (struct client_lane *)client;
	memset(&call->request, 0, sizeof(call->request));
	call->request.word[0] = message_header(op, flags, 1);
	if (in_length)
		call->request.word[MESSAGE_WORD_IN] = word_pair(0, in_length);
	if (out_length)
		call->request.word[MESSAGE_WORD_OUT] = word_pair(0, out_length);
	call->in = in_length ? client->in : NULL;
	call->out = out_length ? client->out : NULL;
	call->in_length = in_length;
	call->out_length = out_length;
	return 0;
}

int32_t call_try_begin(struct call *call, struct client *client, uint16_t op, uint32_t in_length,
                       uint32_t out_length)
{
	client->tried++;
	return call_begin(call, client, op, in_length, out_length);
}

void call_session(struct call *call, bool changes)
{
	uint32_t sequence = changes ? ++FAKE(call)->sequence : 0;

	call->request.word[MESSAGE_WORD_SESSION] = word_pair(sequence, FAKE_ACTOR);
}

bool fake_deliver(struct call *call)
{
	struct client *client = FAKE(call);
	struct request *request = &client->request;

	memset(request, 0, sizeof(*request));
	request->message = call->request;
	request->in = call->in;
	request->in_length = call->in_length;
	request->out = call->out;
	request->out_length = call->out_length;
	if (client->protocol->sessions) {
		request->sequence = word_low(call->request.word[MESSAGE_WORD_SESSION]);
		request->actor = word_high(call->request.word[MESSAGE_WORD_SESSION]);
	}
	client->replies = 0;
	client->protocol->dispatch(request, client->operations);
	if (client->replies)
		fake_complete(call);
	return client->replies;
}

void fake_complete(struct call *call)
{
	ck_assert_uint_eq(FAKE(call)->replies, 1);
	call->reply = FAKE(call)->reply;
	call->status = (int32_t)word_low(call->reply.word[1]);
	ck_assert_int_ge(call->status, 0);
}

void request_reply(struct request *request, int32_t status, uint32_t length, const struct message *results)
{
	struct client *client = (struct client *)((uint8_t *)request - offsetof(struct client, request));

	client->replies++;
	memset(&client->reply, 0, sizeof(client->reply));
	if (results)
		client->reply = *results;
	client->reply.word[1] = word_pair((uint32_t)status, length);
}

int32_t call_run(struct call *call)
{
	if (FAKE(call)->transport_status)
		call->status = FAKE(call)->transport_status;
	else
		ck_assert(fake_deliver(call));
	return call->status;
}

void call_end(struct call *call)
{
	FAKE(call)->ended++;
}
