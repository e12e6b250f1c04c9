/*
 * What the server begins with: loopback, and the card that this process was
 * given, with an address from its options:
 *
 *   ip=A/P       its address, and how many bits of it are the network's; ip=dhcp: a server says
 *   gateway=A    who forwards to other networks
 *   ip6=A/P      the same for IPv6
 *   gateway6=A
 *   dns=A;A;…    who knows the addresses of names, besides those that DHCP tells of
 *   hosts=N=A;…  names that nobody is asked for
 *
 * IPv6 has a link-local address besides, and what routers advertise; nobody waits for that.
 */
#include <drydock/abi/sys.h>
#include <drydock/network.h>
#include <drydock/string.h>

#include "server.h"

#define LOOPBACK_ADDRESS 0x7f000001u
#define LOOPBACK_PREFIX  8u
#define TEXT_SIZE        64
#define LIST_SIZE        256

static struct net_address to_net_address(const struct network_address *address)
{
	const struct network_parts parts = network_address_parts(address);

	return net_address_take((uint8_t)parts.family, parts.high, parts.low);
}

static bool add_gateway(struct netstack_server *server, const char *text, uint8_t family)
{
	struct network_address given = {.port = 0};
	struct route route = {.network = {.family = family}, .interface = server->interface, .expires = ROUTE_FOR_EVER};

	if (!network_address_read(text, &given) || given.port != 0)
		return false;
	route.gateway = to_net_address(&given);
	return route.gateway.family == family && route_add(&server->stack, &route) == 0;
}

static void use_gateway(struct netstack_server *server, const char *key, uint8_t family)
{
	char text[TEXT_SIZE];

	if (string_option(runtime_start(server->runtime)->options, key, text, sizeof(text)) &&
	    !add_gateway(server, text, family))
		log_print(server->runtime, LOG_ERROR, "option %s=%s is no neighbour: other networks are out of reach",
		          key, text);
}

static bool add_address(struct netstack_server *server, const char *text, uint8_t family)
{
	struct network_address given;
	struct net_address address;
	char shown[NETWORK_ADDRESS_TEXT];
	uint32_t prefix;
	int32_t status;

	if (!network_prefix_read(text, &given, &prefix) || given.family != family)
		return false;
	address = to_net_address(&given);
	status = family == NET_FAMILY_IPV6
	                 ? ipv6_add_address(server->interface, &address, prefix)
	                 : interface_set_address(server->interface, net_address_number(&address), prefix);
	if (status != 0)
		return false;
	network_host_write(&given, shown);
	log_print(server->runtime, LOG_INFO, "Local IP: %s", shown);
	return true;
}

static void use_dhcp(struct netstack_server *server)
{
	if (dhcp_start(server->interface) != 0)
		log_print(server->runtime, LOG_ERROR, "no address: DHCP cannot have its port");
	else
		log_print(server->runtime, LOG_INFO, "Local IP: asked for by DHCP");
}

static bool add_name_server(struct netstack_server *server, const char *text)
{
	struct network_address given = {.port = 0};
	struct net_address address;

	if (!network_address_read(text, &given) || given.port != 0)
		return false;
	address = to_net_address(&given);
	return resolver_add_server(&server->stack, &address) == 0;
}

/* NAME=ADDRESS */
static bool add_host(struct netstack_server *server, const char *text)
{
	struct network_address given = {.port = 0};
	struct net_address address;
	uint32_t length = 0;

	while (text[length] != '\0' && text[length] != '=')
		length++;
	if (text[length] == '\0' || !network_address_read(text + length + 1, &given) || given.port != 0)
		return false;
	address = to_net_address(&given);
	return resolver_add_host(&server->stack, text, length, &address) == 0;
}

/* What is said by an option several times over, parted by semicolons. */
static void each_word(struct netstack_server *server, const char *key,
                      bool (*take)(struct netstack_server *server, const char *text))
{
	char list[LIST_SIZE], *word = list, *end = list;

	if (!string_option(runtime_start(server->runtime)->options, key, list, sizeof(list)))
		return;
	while (*end != '\0') {
		while (*end != '\0' && *end != ';')
			end++;
		if (*end == ';')
			*end++ = '\0';
		if (!take(server, word))
			log_print(server->runtime, LOG_ERROR, "option %s=: '%s' is none, or one too many", key, word);
		word = end;
	}
}

static void use_addresses(struct netstack_server *server)
{
	const char *options = runtime_start(server->runtime)->options;
	char text[TEXT_SIZE];

	if (string_option(options, "ip", text, sizeof(text)) && string_equal(text, "dhcp"))
		use_dhcp(server);
	else if (!string_option(options, "ip", text, sizeof(text)) || !add_address(server, text, NET_FAMILY_IPV4))
		log_print(server->runtime, LOG_ERROR,
		          "no address: the option ip= is not like 10.77.0.2/24 (drydock run --ip)");
	if (string_option(options, "ip6", text, sizeof(text)) && !add_address(server, text, NET_FAMILY_IPV6))
		log_print(server->runtime, LOG_ERROR,
		          "the option ip6= is not like fd77::2/64 (drydock run --ip), or there is no IPv6");
	use_gateway(server, "gateway", NET_FAMILY_IPV4);
	each_word(server, "dns", add_name_server);
	each_word(server, "hosts", add_host);
	use_gateway(server, "gateway6", NET_FAMILY_IPV6);
}

static bool bring_up_loopback(struct netstack_server *server)
{
	struct interface *loopback;

	loopback_create(&server->loopback, &server->stack);
	if (netstack_add_interface(&server->stack, &server->loopback.card, "lo", true, &loopback) != 0)
		return false;
	runtime_add_device(server->runtime, &server->loopback.card.device);
	return interface_set_address(loopback, LOOPBACK_ADDRESS, LOOPBACK_PREFIX) == 0 && ipv6_start(loopback) == 0;
}

static void bring_up_card(struct netstack_server *server)
{
	struct runtime *runtime = server->runtime;
	struct net_card *card;
	int32_t status;

	card = net_open(runtime, 0, NET_OFFLOADS, &status);
	if (card == NULL) {
		if (status == POSIX_ENOENT)
			log_print(runtime, LOG_INFO,
			          "No network card: loopback only (for one: drydock run --tap auto)");
		else
			log_print(runtime, LOG_ERROR, "cannot use the network card: error %d", (int)status);
		return;
	}
	status = netstack_add_interface(&server->stack, card, "net0", false, &server->interface);
	if (status != 0) {
		log_print(runtime, LOG_ERROR, "no memory for the network card %s", card->name);
		net_close(card);
		return;
	}
	log_print(runtime, LOG_INFO, "Initialized virtio-net interface (%s, MTU %u, %s)", card->name, card->mtu,
	          card->transmit_offloads & NET_OFFLOAD_TCP4       ? "checksums and segments offloaded"
	          : card->transmit_offloads & NET_OFFLOAD_CHECKSUM ? "checksums offloaded"
	                                                           : "nothing offloaded");
	if (ipv6_start(server->interface) != 0)
		log_print(runtime, LOG_INFO, "No IPv6 on %s: its MTU is less than 1280", card->name);
	use_addresses(server);
}

bool server_configure(struct netstack_server *server)
{
	if (!bring_up_loopback(server)) {
		log_print(server->runtime, LOG_ERROR, "no memory for loopback; raise the quota");
		return false;
	}
	bring_up_card(server);
	return true;
}
