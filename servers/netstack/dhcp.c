/* The states of the DHCP client (dhcp.h): RFC 2131, section 4.4. */
#include "dhcp.h"

#include "arp.h"
#include "netstack.h"

#define PORT_CLIENT 68u
#define PORT_SERVER 67u

/* Section 4.1: the first answer is waited for four seconds, each further one twice as long, up to 64, give or take one. */
#define WAIT_FIRST     4u
#define WAIT_DOUBLINGS 4u
#define REQUEST_TRIES  4u  /* then whoever has offered is gone */
#define RETRY_LEAST    60u /* seconds: section 4.4.5 */
#define DECLINE_WAIT   10u /* section 3.1, step 5 */

#define NEVER UINT64_MAX

static uint64_t now(const struct interface *interface)
{
	return netstack_now(interface->stack);
}

static void set(struct interface *interface, enum dhcp_state state, uint64_t due)
{
	interface->dhcp.state = (uint8_t)state;
	if (due == NEVER)
		alarm_cancel(interface->stack, &interface->dhcp.alarm);
	else
		alarm_set(interface->stack, &interface->dhcp.alarm, due);
}

/* ---- what is said ---------------------------------------------------------------- */

/* To everybody, or to the server whose lease it is, from the address that it has. */
static void ask(struct interface *interface, enum dhcp_type type)
{
	struct dhcp *dhcp = &interface->dhcp;
	bool holds = dhcp->state == DHCP_RENEWING || dhcp->state == DHCP_REBINDING;
	struct dhcp_question question = {
		.type = type,
		.transaction = dhcp->transaction,
		.seconds = (uint32_t)((now(interface) - dhcp->began) / NETSTACK_SECOND),
		.own = holds ? interface->address : 0,
		.wanted = holds || type == DHCP_DISCOVER ? 0 : dhcp->offer.address,
		.server = holds || type == DHCP_DISCOVER ? 0 : dhcp->offer.server,
		.hardware = interface->card->address,
	};
	const struct endpoint from = {net_address_ipv4(question.own), PORT_CLIENT};
	const struct endpoint to = {
		net_address_ipv4(dhcp->state == DHCP_RENEWING ? dhcp->offer.server : UINT32_MAX),
		PORT_SERVER};
	uint8_t message[DHCP_MESSAGE_SIZE];
	const struct ip_piece piece = {message, sizeof(message)};

	dhcp_write(&question, message);
	udp_send(interface->stack, interface, &from, &to, true, &piece, 1);
}

static uint64_t wait_for_answer(struct interface *interface)
{
	uint32_t doublings = interface->dhcp.tries < WAIT_DOUBLINGS ? interface->dhcp.tries : WAIT_DOUBLINGS;
	uint64_t wait = (uint64_t)WAIT_FIRST << doublings;

	interface->dhcp.tries++;
	return now(interface) + wait * NETSTACK_SECOND - NETSTACK_SECOND +
	       netstack_random(interface->stack) % (2 * NETSTACK_SECOND);
}

static void begin(struct interface *interface, uint64_t due)
{
	interface->dhcp.tries = 0;
	interface->dhcp.transaction = netstack_random(interface->stack);
	set(interface, DHCP_INIT, due);
}

static void lose_address(struct interface *interface)
{
	struct netstack *stack = interface->stack;

	interface_clear_address(interface);
	resolver_learn_servers(stack, NULL, 0);
	stack->environment.addressed(stack->environment.context, interface);
}

/* ---- leases ----------------------------------------------------------------------- */

static uint64_t after(const struct dhcp *dhcp, uint32_t seconds)
{
	return dhcp->offer.lease == DHCP_FOR_EVER ? NEVER : dhcp->asked + seconds * NETSTACK_SECOND;
}

/* The address is ours for so long, which is counted from when it was asked for. */
static void hold(struct interface *interface)
{
	struct dhcp *dhcp = &interface->dhcp;

	dhcp->renew = after(dhcp, dhcp->offer.renew);
	dhcp->rebind = after(dhcp, dhcp->offer.rebind);
	dhcp->expires = after(dhcp, dhcp->offer.lease);
	dhcp->tries = 0;
	set(interface, DHCP_BOUND, dhcp->renew);
}

static void use_address(struct interface *interface)
{
	struct netstack *stack = interface->stack;
	const struct dhcp_answer *offer = &interface->dhcp.offer;
	struct route route = {.network = net_address_ipv4(0),
	                      .gateway = net_address_ipv4(offer->router),
	                      .interface = interface,
	                      .expires = ROUTE_FOR_EVER};

	if (interface_set_address(interface, offer->address, offer->prefix) != 0) {
		begin(interface, now(interface) + DECLINE_WAIT * NETSTACK_SECOND);
		return;
	}
	/* A router that is no neighbour leads nowhere: then there is the link alone. */
	if (offer->router != 0)
		route_add(stack, &route);
	resolver_learn_servers(stack, offer->name_servers, DHCP_NAME_SERVERS);
	hold(interface);
	stack->environment.addressed(stack->environment.context, interface);
}

static void probed(struct interface *interface, bool is_free)
{
	if (interface->dhcp.state != DHCP_PROBING)
		return;
	if (is_free) {
		use_address(interface);
		return;
	}
	ask(interface, DHCP_DECLINE);
	begin(interface, now(interface) + DECLINE_WAIT * NETSTACK_SECOND);
}

/* Once more, half of the time that is left until `end` later; but not within a minute. */
static uint64_t retry(struct interface *interface, uint64_t end)
{
	uint64_t wait = (end - now(interface)) / 2;

	if (wait < RETRY_LEAST * NETSTACK_SECOND)
		wait = RETRY_LEAST * NETSTACK_SECOND;
	return now(interface) + wait < end ? now(interface) + wait : end;
}

/* Asks for longer, the server first and then anybody, until the lease ends. */
static void extend(struct interface *interface)
{
	struct dhcp *dhcp = &interface->dhcp;

	if (now(interface) >= dhcp->expires) {
		lose_address(interface);
		dhcp->began = now(interface);
		begin(interface, now(interface));
		return;
	}
	if (dhcp->state == DHCP_BOUND) {
		dhcp->began = now(interface);
		dhcp->transaction = netstack_random(interface->stack);
	}
	if (dhcp->tries++ == 0)
		dhcp->asked = now(interface);
	if (now(interface) >= dhcp->rebind)
		set(interface, DHCP_REBINDING, retry(interface, dhcp->expires));
	else
		set(interface, DHCP_RENEWING, retry(interface, dhcp->rebind));
	ask(interface, DHCP_REQUEST);
}

/* ---- what is due -------------------------------------------------------------------- */

static void ring(struct netstack *stack, struct alarm *alarm)
{
	struct dhcp *dhcp = list_entry(alarm, struct dhcp, alarm);
	struct interface *interface = list_entry(dhcp, struct interface, dhcp);

	(void)stack;
	switch (dhcp->state) {
	case DHCP_REQUESTING:
		if (dhcp->tries < REQUEST_TRIES) {
			set(interface, DHCP_REQUESTING, wait_for_answer(interface));
			ask(interface, DHCP_REQUEST);
			break;
		}
		begin(interface, now(interface));
		break;
	case DHCP_INIT:
	case DHCP_SELECTING:
		set(interface, DHCP_SELECTING, wait_for_answer(interface));
		ask(interface, DHCP_DISCOVER);
		break;
	case DHCP_BOUND:
	case DHCP_RENEWING:
	case DHCP_REBINDING:
		extend(interface);
		break;
	}
}

/* ---- what is heard ------------------------------------------------------------------- */

/* The first offer is taken: section 4.4.1 leaves open how one is chosen. */
static void take_offer(struct interface *interface, const struct dhcp_answer *answer)
{
	struct dhcp *dhcp = &interface->dhcp;

	dhcp->offer = *answer;
	dhcp->tries = 0;
	dhcp->asked = now(interface);
	set(interface, DHCP_REQUESTING, wait_for_answer(interface));
	ask(interface, DHCP_REQUEST);
}

static void take_lease(struct interface *interface, const struct dhcp_answer *answer)
{
	struct dhcp *dhcp = &interface->dhcp;
	bool same = interface->address == answer->address && interface->prefix == answer->prefix;

	dhcp->offer = *answer;
	if (dhcp->state != DHCP_REQUESTING && same) {
		hold(interface);
		return;
	}
	if (interface->address != 0)
		lose_address(interface);
	set(interface, DHCP_PROBING, NEVER);
	arp_probe(interface, answer->address, probed);
}

static void take_answer(struct interface *interface, const struct dhcp_answer *answer)
{
	struct dhcp *dhcp = &interface->dhcp;
	bool asks = dhcp->state == DHCP_REQUESTING || dhcp->state == DHCP_RENEWING ||
	            dhcp->state == DHCP_REBINDING;

	if (answer->transaction != dhcp->transaction)
		return;
	if (answer->type == DHCP_OFFER && dhcp->state == DHCP_SELECTING) {
		take_offer(interface, answer);
	} else if (answer->type == DHCP_ACK && asks) {
		take_lease(interface, answer);
	} else if (answer->type == DHCP_NAK && asks) {
		if (interface->address != 0)
			lose_address(interface);
		/* Not at once: a server that always says no would be asked without end. */
		begin(interface, now(interface) + NETSTACK_SECOND);
	}
}

static void heard(void *context)
{
	struct interface *interface = context;
	struct dhcp_answer answer;
	struct endpoint from;
	uint8_t message[DHCP_MESSAGE_LONGEST];
	uint32_t length;
	int32_t status;

	while ((status = datagram_receive(&interface->dhcp.socket, message, sizeof(message), false, &length,
	                                  &from)) != POSIX_EAGAIN) {
		if (status != 0 || from.port != PORT_SERVER)
			continue;
		if (length <= sizeof(message) &&
		    dhcp_read(message, length, interface->card->address, &answer))
			take_answer(interface, &answer);
		else
			netstack_drop(interface->stack, DROP_DHCP_UNUSABLE);
	}
}

int32_t dhcp_start(struct interface *interface)
{
	struct dhcp *dhcp = &interface->dhcp;
	int32_t status;

	*dhcp = (struct dhcp){.began = now(interface)};
	alarm_init(&dhcp->alarm, ring);
	datagram_open(interface->stack, DATAGRAM_UDP, &dhcp->socket);
	dhcp->socket.family = NET_FAMILY_IPV4;
	dhcp->socket.wake = heard;
	dhcp->socket.context = interface;
	status = datagram_bind(&dhcp->socket, &(struct endpoint){.port = PORT_CLIENT});
	if (status == 0)
		begin(interface, now(interface) + netstack_random(interface->stack) % NETSTACK_SECOND);
	return status;
}

void dhcp_link_up(struct interface *interface)
{
	struct dhcp *dhcp = &interface->dhcp;

	if (dhcp->state == DHCP_INIT || dhcp->state == DHCP_SELECTING)
		begin(interface, now(interface));
	else if (dhcp->state == DHCP_BOUND)
		extend(interface);
}

void dhcp_stop(struct interface *interface)
{
	if (interface->dhcp.state == DHCP_OFF)
		return;
	alarm_cancel(interface->stack, &interface->dhcp.alarm);
	datagram_close(&interface->dhcp.socket);
	interface->dhcp.state = DHCP_OFF;
}
