/*
 * What the server begins with: loopback, and the card that this process was
 * given, with an address from its options:
 *
 *   ip=A/P      its address, and how many bits of it are the network's
 *   gateway=A   who forwards to other networks
 */
#include <drydock/abi/sys.h>
#include <drydock/string.h>

#include "server.h"

#define LOOPBACK_ADDRESS 0x7f000001u
#define LOOPBACK_PREFIX  8u
#define TEXT_SIZE        40

#define OFFLOADS (NET_OFFLOAD_CHECKSUM | NET_OFFLOAD_TCP4 | NET_OFFLOAD_TCP6)

/* Reads digits that make a number up to `most`; returns what follows them, or NULL. */
static const char *read_number(const char *text, uint32_t most, uint32_t *number)
{
	const char *start = text;

	*number = 0;
	while (*text >= '0' && *text <= '9' && *number <= most)
		*number = *number * 10 + (uint32_t)(*text++ - '0');
	return text != start && *number <= most ? text : NULL;
}

/* "10.77.0.2", and behind it what is left; NULL: that is none. */
static const char *read_address(const char *text, uint32_t *address)
{
	*address = 0;
	for (int i = 0; i < 4; i++) {
		uint32_t byte;

		if (i > 0 && *text++ != '.')
			return NULL;
		text = read_number(text, 255, &byte);
		if (text == NULL)
			return NULL;
		*address = *address << 8 | byte;
	}
	return text;
}

static bool address_option(const char *options, uint32_t *address, uint32_t *prefix)
{
	char text[TEXT_SIZE];
	const char *rest;

	if (!string_option(options, "ip", text, sizeof(text)))
		return false;
	rest = read_address(text, address);
	if (rest == NULL || *rest != '/')
		return false;
	rest = read_number(rest + 1, 32, prefix);
	return rest != NULL && *rest == '\0';
}

static void add_gateway(struct netstack_server *server, const char *options)
{
	char text[TEXT_SIZE];
	uint32_t gateway;
	const char *rest;

	if (!string_option(options, "gateway", text, sizeof(text)))
		return;
	rest = read_address(text, &gateway);
	if (rest != NULL && *rest == '\0' && gateway != 0 &&
	    route_add(&server->stack, 0, 0, gateway, server->interface) == 0)
		return;
	log_print(server->runtime, LOG_ERROR, "option gateway=%s is no neighbour: other networks are out of reach",
	          text);
}

static void use_address(struct netstack_server *server)
{
	const char *options = runtime_start(server->runtime)->options;
	uint32_t address, prefix;

	if (!address_option(options, &address, &prefix) ||
	    interface_set_address(server->interface, address, prefix) != 0) {
		log_print(server->runtime, LOG_ERROR,
		          "no address: the option ip= is not like 10.77.0.2/24 (drydock run --ip)");
		return;
	}
	add_gateway(server, options);
	log_print(server->runtime, LOG_INFO, "Local IP: %u.%u.%u.%u", address >> 24, address >> 16 & 255,
	          address >> 8 & 255, address & 255);
}

static bool bring_up_loopback(struct netstack_server *server)
{
	struct interface *loopback;

	loopback_create(&server->loopback, &server->stack);
	if (netstack_add_interface(&server->stack, &server->loopback.card, "lo", true, &loopback) != 0)
		return false;
	runtime_add_device(server->runtime, &server->loopback.card.device);
	return interface_set_address(loopback, LOOPBACK_ADDRESS, LOOPBACK_PREFIX) == 0;
}

static void bring_up_card(struct netstack_server *server)
{
	struct runtime *runtime = server->runtime;
	struct net_card *card;
	int32_t status;

	card = net_open(runtime, 0, OFFLOADS, OFFLOADS, &status);
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
	use_address(server);
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
