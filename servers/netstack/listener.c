/* Reports and queries of IGMP and MLD (listener.h). */
#include "listener.h"

#include "bytes.h"
#include "checksum.h"
#include "icmp6.h"
#include "netstack.h"

#define PROTOCOL_IGMP 2u

/* Where things are in a message of either; the older ones end with the group. */
#define TYPE       0
#define CODE       1 /* IGMP: how long to wait, tenths of a second */
#define CHECKSUM   2
#define WAIT6      4 /* MLD: milliseconds */
#define IGMP_GROUP 4
#define MLD_GROUP  8
#define IGMP_OLD   8u
#define IGMP_NEW   12u
#define MLD_OLD    24u
#define MLD_NEW    28u

/* A report of the newer version with one record: RFC 3376, section 4.2; RFC 3810, section 5.2. */
#define RECORD_COUNT 6
#define RECORD_TYPE  8
#define RECORD_GROUP 12

#define IGMP_QUERY    0x11u
#define IGMP_REPORT_2 0x16u
#define IGMP_LEAVE_2  0x17u
#define IGMP_REPORT_3 0x22u

#define ALL_ROUTERS  0xe0000002u /* RFC 2236, section 9 */
#define IGMP_ROUTERS 0xe0000016u /* RFC 3376, section 4.2.14 */

/* RFC 3376, section 8.12, and RFC 3810, section 9.12, by the values that routers have unless told otherwise. */
#define OLDER_TIME (260 * NETSTACK_SECOND)
/* RFC 2236, section 4: IGMPv1 says nothing of it. */
#define OLDEST_WAIT (10 * NETSTACK_SECOND)

static const struct net_address mld_routers = {NET_FAMILY_IPV6, {0xff, 0x02, [15] = 0x16}};

static uint64_t *older_until(struct interface *interface, uint8_t family)
{
	return &interface->listener.older_until[family == NET_FAMILY_IPV6];
}

/* ---- what is said ---------------------------------------------------------------- */

static void say_igmp(struct interface *interface, const struct net_address *to, uint8_t *message,
                     uint32_t length)
{
	bytes_put16(message + CHECKSUM, (uint16_t)~checksum_sum(message, length));
	ip_output(interface->stack, &(struct ip_output){
					    .source = net_address_ipv4(interface->address),
					    .destination = *to,
					    .interface = interface,
					    .protocol = PROTOCOL_IGMP,
					    .traffic_class = 0xc0,
					    .hop_limit = 1,
					    .router_alert = true,
					    .header = message,
					    .header_length = length,
					    .checksum_offset = IP_NO_CHECKSUM,
				    });
}

static void report_igmp(struct interface *interface, const struct net_address *group,
                        enum listener_record record, bool older)
{
	const struct net_address all_routers = net_address_ipv4(ALL_ROUTERS),
				 routers = net_address_ipv4(IGMP_ROUTERS);
	uint8_t message[RECORD_GROUP + 4] = {IGMP_REPORT_3};

	if (older) {
		message[TYPE] = record == LISTENER_LEFT ? IGMP_LEAVE_2 : IGMP_REPORT_2;
		memcpy(message + IGMP_GROUP, group->bytes, 4);
		say_igmp(interface, record == LISTENER_LEFT ? &all_routers : group, message, IGMP_OLD);
		return;
	}
	bytes_put16(message + RECORD_COUNT, 1);
	message[RECORD_TYPE] = (uint8_t)record;
	memcpy(message + RECORD_GROUP, group->bytes, 4);
	say_igmp(interface, &routers, message, sizeof(message));
}

/* From the link-local address, or from nobody while that is asked for (RFC 3590). */
static void say_mld(struct interface *interface, const struct net_address *to, uint8_t *message,
                    uint32_t length)
{
	const struct ipv6_address *ours = &interface->ipv6.addresses[0];
	struct ip_output output = {
		.source = ours->state == IPV6_ADDRESS_READY ? ours->address : ipv6_unspecified,
		.destination = *to,
		.interface = interface,
		.hop_limit = 1,
		.router_alert = true,
	};

	icmp6_output(interface->stack, &output, message, length);
}

static void report_mld(struct interface *interface, const struct net_address *group,
                       enum listener_record record, bool older)
{
	uint8_t message[RECORD_GROUP + 16] = {ICMP6_LISTENER_REPORT_2};

	if (older) {
		message[TYPE] = record == LISTENER_LEFT ? ICMP6_LISTENER_DONE : ICMP6_LISTENER_REPORT;
		memcpy(message + MLD_GROUP, group->bytes, 16);
		say_mld(interface, record == LISTENER_LEFT ? &ipv6_all_routers : group, message, MLD_OLD);
		return;
	}
	bytes_put16(message + RECORD_COUNT, 1);
	message[RECORD_TYPE] = (uint8_t)record;
	memcpy(message + RECORD_GROUP, group->bytes, 16);
	say_mld(interface, &mld_routers, message, sizeof(message));
}

void listener_report(struct interface *interface, const struct net_address *group,
                     enum listener_record record)
{
	bool older = netstack_now(interface->stack) < *older_until(interface, group->family);

	if (group->family == NET_FAMILY_IPV6)
		report_mld(interface, group, record, older);
	else
		report_igmp(interface, group, record, older);
}

/* ---- what is heard ------------------------------------------------------------------- */

/* RFC 3376, section 4.1.1, and RFC 3810, section 5.1.3: from half of its range on a code is a small float. */
static uint32_t wait_of(uint32_t code, uint32_t bits)
{
	uint32_t mantissa_bits = bits - 4, mantissa = code & ((1u << mantissa_bits) - 1);

	if (code < 1u << (bits - 1))
		return code;
	return (mantissa | 1u << mantissa_bits) << ((code >> mantissa_bits & 7) + 3);
}

static void take_query(struct interface *interface, const struct net_address *group, bool older,
                       uint64_t wait)
{
	if (older)
		*older_until(interface, group->family) = netstack_now(interface->stack) + OLDER_TIME;
	group_asked(interface, group, wait);
}

void listener_input(struct netstack *stack, const struct ip_header *header, const struct packet *packet)
{
	const uint8_t *message = packet->bytes;
	bool older = packet->length == MLD_OLD;
	struct net_address group;
	uint32_t wait;

	/* RFC 3810, section 6.2. */
	if ((!older && packet->length < MLD_NEW) || header->hop_limit != 1 ||
	    !net_address_link_local(&header->source)) {
		netstack_drop(stack, DROP_GROUP_MALFORMED);
		return;
	}
	wait = bytes_get16(message + WAIT6);
	group = net_address_ipv6(message + MLD_GROUP);
	take_query(header->interface, &group, older,
	           (older ? wait : wait_of(wait, 16)) * (NETSTACK_SECOND / 1000));
}

static void igmp_input(void *context, struct netstack *stack, const struct ip_header *header,
                       const struct packet *packet)
{
	const uint8_t *message = packet->bytes;
	bool older = packet->length == IGMP_OLD;
	struct net_address group;
	uint64_t wait;

	(void)context;
	if ((!older && packet->length < IGMP_NEW) || header->hop_limit != 1 ||
	    checksum_sum(message, packet->length) != 0xffff) {
		netstack_drop(stack, DROP_GROUP_MALFORMED);
		return;
	}
	/* What other hosts report concerns routers alone. */
	if (message[TYPE] != IGMP_QUERY || header->interface->loopback)
		return;
	group = net_address_ipv4(bytes_get32(message + IGMP_GROUP));
	wait = (older ? message[CODE] : wait_of(message[CODE], 8)) * (NETSTACK_SECOND / 10);
	take_query(header->interface, &group, older, older && wait == 0 ? OLDEST_WAIT : wait);
}

void listener_create(struct netstack *stack)
{
	stack->transports[PROTOCOL_IGMP] = (struct transport){.family = NET_FAMILY_IPV4, .input = igmp_input};
}
