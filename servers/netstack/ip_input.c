/* What becomes of packets and of ICMP errors once either version of IP has read its headers. */
#include "ip.h"

#include "icmp.h"
#include "netstack.h"

static const struct transport *find_transport(const struct netstack *stack, uint8_t protocol, uint8_t family)
{
	const struct transport *transport = &stack->transports[protocol];

	return transport->family == NET_FAMILY_NONE || transport->family == family ? transport : NULL;
}

void ip_deliver(struct netstack *stack, const struct ip_header *header, const struct packet *packet)
{
	uint8_t family = header->source.family;
	const struct transport *transport = find_transport(stack, header->protocol, family);
	bool taken = datagram_deliver_raw(stack, header, packet->bytes, packet->length);

	if (transport != NULL && transport->input != NULL) {
		transport->input(transport->context, stack, header, packet);
		return;
	}
	if (taken)
		return;
	netstack_drop(stack, family == NET_FAMILY_IPV6 ? DROP_IPV6_PROTOCOL : DROP_IPV4_PROTOCOL);
	icmp_send_error(stack, header, ICMP_ERROR_PROTOCOL_UNREACHABLE);
}

void ip_error(struct netstack *stack, uint8_t protocol, const struct icmp_error *error)
{
	const struct transport *transport = find_transport(stack, protocol, error->source.family);

	/* What is not ours was not sent by us. */
	if (transport != NULL && transport->error != NULL && netstack_is_local(stack, &error->source))
		transport->error(transport->context, stack, error);
}
