/* `drydock run --tap` and what goes with it (run_net.h). */
#include "run_net.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define SERVER         "netstack"
#define TAP_AUTOMATIC  "auto"
#define TAP_USUAL      "drydock0" /* scripts/tap makes it */
#define ADDRESS_USUAL  "10.77.0.2/24"
#define DHCP           "dhcp"
#define MTU_LEAST      576
#define MTU_MOST       65521 /* a frame of NET_FRAME_MAXIMUM bytes has room for more; TAPs have not */

enum {
	OPTION_TAP = 0x300,
	OPTION_ADDRESS,
	OPTION_GATEWAY,
	OPTION_MTU,
	OPTION_PCAP,
	OPTION_NO_OFFLOAD,
	OPTION_NAMESPACE,
};

static const struct argp_option options[] = {
	{"tap", OPTION_TAP, "NAME", 0,
	 "Give the network stack that TAP device as its card; `auto' is " TAP_USUAL
	 ", which is made where that is allowed (else: scripts/tap)", 0},
	{"ip", OPTION_ADDRESS, "ADDRESS/BITS", 0,
	 "The stack's address, where it is not the manifest's; once for IPv4 (`dhcp': a server on the wire gives it one) "
	 "and once for IPv6", 0},
	{"gateway", OPTION_GATEWAY, "ADDRESS", 0,
	 "Who forwards to other networks; with --ip there is else none. Of IPv6 routers say so themselves", 0},
	{"mtu", OPTION_MTU, "BYTES", 0, "The largest packet on the TAP", 0},
	{"pcap", OPTION_PCAP, "FILE", 0, "Record all frames in FILE, for tcpdump and Wireshark", 0},
	{"no-offload", OPTION_NO_OFFLOAD, NULL, 0, "Leave no checksums and no segmentation to Linux", 0},
	{"netns", OPTION_NAMESPACE, NULL, 0,
	 "Have the TAP in a network namespace of its own, which needs no privileges; commands run there by `drydock "
	 "exec'", 0},
	{0},
};

/* "10.77.0.2/24" or "fd77::2/64" as bytes and bits. */
static bool read_network(const char *text, int family, uint8_t address[16], uint32_t *prefix)
{
	char host[INET6_ADDRSTRLEN], *end;
	const char *slash = strchr(text, '/');
	unsigned long bits;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(host) || slash[1] < '0' || slash[1] > '9')
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(slash - text), text);
	bits = strtoul(slash + 1, &end, 10);
	if (*end != '\0' || bits < 1 || bits > (family == AF_INET6 ? 128 : 32) || inet_pton(family, host, address) != 1)
		return false;
	*prefix = (uint32_t)bits;
	return true;
}

static int family_of(const char *text)
{
	return strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
}

static void take_address(struct run_net *net, const char *argument, struct argp_state *state)
{
	uint8_t address[16];
	uint32_t prefix;

	if (strcmp(argument, DHCP) != 0 && !read_network(argument, family_of(argument), address, &prefix))
		argp_error(state, "`%s' is no address with its bits of network, as %s or fd77::2/64", argument,
		           ADDRESS_USUAL);
	*(family_of(argument) == AF_INET6 ? &net->address6 : &net->address) = argument;
}

static void take_gateway(struct run_net *net, const char *argument, struct argp_state *state)
{
	uint8_t address[16];

	if (inet_pton(family_of(argument), argument, address) != 1)
		argp_error(state, "`%s' is no address", argument);
	*(family_of(argument) == AF_INET6 ? &net->gateway6 : &net->gateway) = argument;
}

static uint32_t parse_mtu(const char *argument, struct argp_state *state)
{
	char *end;
	long number = strtol(argument, &end, 10);

	if (argument[0] < '0' || argument[0] > '9' || *end || number < MTU_LEAST || number > MTU_MOST)
		argp_error(state, "`%s' is no MTU: %d to %d bytes are", argument, MTU_LEAST, MTU_MOST);
	return (uint32_t)number;
}

static void check(const struct run_net *net, struct argp_state *state)
{
	bool addresses = net->address || net->gateway || net->address6 || net->gateway6;

	if (net->tap == NULL && (addresses || net->mtu || net->record || net->no_offload))
		argp_error(state, "--ip, --gateway, --mtu, --pcap and --no-offload are about a card: give one by --tap");
	if (net->gateway && net->address && strcmp(net->address, DHCP) == 0)
		argp_error(state, "the gateway is said by who gives the address: --gateway is not for --ip " DHCP);
	if (net->gateway6 && !net->address6)
		argp_error(state, "--gateway %s needs an address of IPv6 beside it: give one by --ip", net->gateway6);
	if (net->tap != NULL && (net->tap[0] == '\0' || strlen(net->tap) >= TAP_NAME_SIZE || strpbrk(net->tap, "/% ")))
		argp_error(state, "`%s' is no name for a TAP: up to %d characters are", net->tap, TAP_NAME_SIZE - 1);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct run_net *net = state->input;

	switch (key) {
	case OPTION_TAP:
		net->tap = argument;
		return 0;
	case OPTION_ADDRESS:
		take_address(net, argument, state);
		return 0;
	case OPTION_GATEWAY:
		take_gateway(net, argument, state);
		return 0;
	case OPTION_MTU:
		net->mtu = parse_mtu(argument, state);
		return 0;
	case OPTION_PCAP:
		net->record = argument;
		return 0;
	case OPTION_NO_OFFLOAD:
		net->no_offload = true;
		return 0;
	case OPTION_NAMESPACE:
		net->own_namespace = true;
		return 0;
	case ARGP_KEY_END:
		if (net->own_namespace && net->tap == NULL)
			net->tap = TAP_AUTOMATIC;
		check(net, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp run_net_argp = {.options = options, .parser = parse};

/* ---- what it is to others ---------------------------------------------------------- */

/* Whether this word of a server's options sets `key`. */
static bool sets(const char *word, const char *key)
{
	return strncmp(word, key, strlen(key)) == 0 && word[strlen(key)] == '=';
}

/* Adds a word to what options there are; false: there is no room. */
static bool add_word(char *text, size_t size, const char *key, const char *value, int value_length)
{
	size_t length = strlen(text);
	int added = snprintf(text + length, size - length, "%s%s%s%.*s", length > 0 ? " " : "", key, *key ? "=" : "",
	                     value_length, value);

	return (size_t)added < size - length;
}

/* The options of before, but for the addresses of a family of which others are given. */
static bool keep_others(const struct run_net *net, const char *from, char *text, size_t size)
{
	while (*from != '\0') {
		size_t word = strcspn(from, " ,");
		bool replaced = (net->address != NULL && (sets(from, "ip") || sets(from, "gateway"))) ||
		                (net->address6 != NULL && (sets(from, "ip6") || sets(from, "gateway6")));

		if (word > 0 && !replaced && !add_word(text, size, "", from, (int)word))
			return false;
		from += word;
		from += strspn(from, " ,");
	}
	return true;
}

static bool replace_addresses(const struct run_net *net, struct manifest_service *service)
{
	const struct {
		const char *key, *value;
	} words[] = {{"ip", net->address},
	             {"gateway", net->gateway},
	             {"ip6", net->address6},
	             {"gateway6", net->gateway6}};
	char text[sizeof(service->options)] = "";
	bool room = true;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].value != NULL)
			room = room && add_word(text, sizeof(text), words[i].key, words[i].value, INT_MAX);
	}
	if (!room || !keep_others(net, service->options, text, sizeof(text))) {
		cli_error("run: the manifest's options for %s are too long for an address more", SERVER);
		return false;
	}
	memcpy(service->options, text, sizeof(text));
	return true;
}

static struct manifest_service *find_service(struct manifest *manifest)
{
	for (uint32_t i = 0; i < manifest->service_count; i++) {
		if (strcmp(manifest->services[i].name, SERVER) == 0)
			return &manifest->services[i];
	}
	return NULL;
}

/* Linux's end: the gateway where one was named, else the first address of the network, or the second. */
static bool choose_peer(const char *address, const char *gateway, int family, uint8_t peer[16], uint32_t *prefix)
{
	uint32_t last = family == AF_INET6 ? 15 : 3;
	uint8_t ours[16];

	if (!read_network(address, family, ours, prefix))
		return false;
	memcpy(peer, ours, 16);
	for (uint32_t bit = *prefix; bit < 8 * (last + 1); bit++)
		peer[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
	peer[last] = peer[last] | 1;
	if (memcmp(peer, ours, last + 1) == 0)
		peer[last]++;
	return gateway == NULL || inet_pton(family, gateway, peer) == 1;
}

static void choose_peers(const struct run_net *net, struct host_card_options *card)
{
	const char *address = net->address && strcmp(net->address, DHCP) != 0 ? net->address : ADDRESS_USUAL;
	uint8_t peer[16];

	if (choose_peer(address, net->gateway, AF_INET, peer, &card->prefix))
		card->peer = (uint32_t)peer[0] << 24 | (uint32_t)peer[1] << 16 | (uint32_t)peer[2] << 8 | peer[3];
	if (net->address6 && !choose_peer(net->address6, net->gateway6, AF_INET6, card->peer6, &card->prefix6))
		card->prefix6 = 0;
}

bool run_net_apply(struct run_net *net, struct manifest *manifest, struct host_options *host)
{
	struct manifest_service *service = find_service(manifest);
	bool automatic;

	if (net->tap == NULL)
		return true;
	if (service == NULL) {
		cli_error("run: --tap gives a card to `%s', which the manifest does not have", SERVER);
		return false;
	}
	if (net->gateway && !net->address)
		net->address = ADDRESS_USUAL;
	if ((net->address || net->address6) && !replace_addresses(net, service))
		return false;
	automatic = strcmp(net->tap, TAP_AUTOMATIC) == 0;
	net->card = (struct host_card_options){
		.server = SERVER,
		.tap = automatic ? TAP_USUAL : net->tap,
		.mtu = net->mtu,
		.configure = automatic,
		.no_offload = net->no_offload,
		.own_namespace = net->own_namespace,
		.record = net->record,
	};
	choose_peers(net, &net->card);
	host->cards = &net->card;
	host->card_count = 1;
	return true;
}
