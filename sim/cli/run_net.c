/* `drydock run --tap` and what goes with it (run_net.h). */
#include "run_net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define SERVER         "netstack"
#define TAP_AUTOMATIC  "auto"
#define TAP_USUAL      "drydock0" /* scripts/tap makes it */
#define ADDRESS_USUAL  "10.77.0.2/24"
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
	{"ip", OPTION_ADDRESS, "ADDRESS/BITS", 0, "The stack's address, where it is not the manifest's", 0},
	{"gateway", OPTION_GATEWAY, "ADDRESS", 0, "Who forwards to other networks; with --ip there is else none", 0},
	{"mtu", OPTION_MTU, "BYTES", 0, "The largest packet on the TAP", 0},
	{"pcap", OPTION_PCAP, "FILE", 0, "Record all frames in FILE, for tcpdump and Wireshark", 0},
	{"no-offload", OPTION_NO_OFFLOAD, NULL, 0, "Leave no checksums and no segmentation to Linux", 0},
	{"netns", OPTION_NAMESPACE, NULL, 0,
	 "Have the TAP in a network namespace of its own, which needs no privileges; commands run there by `drydock "
	 "exec'", 0},
	{0},
};

/* "10.77.0.2/24" as a number and bits. */
static bool read_network(const char *text, uint32_t *address, uint32_t *prefix)
{
	char host[INET_ADDRSTRLEN], *end;
	const char *slash = strchr(text, '/');
	struct in_addr number;
	unsigned long bits;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(host) || slash[1] < '0' || slash[1] > '9')
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(slash - text), text);
	bits = strtoul(slash + 1, &end, 10);
	if (*end != '\0' || bits < 1 || bits > 32 || inet_pton(AF_INET, host, &number) != 1)
		return false;
	*address = ntohl(number.s_addr);
	*prefix = (uint32_t)bits;
	return true;
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
	if (net->tap == NULL && (net->address || net->gateway || net->mtu || net->record || net->no_offload))
		argp_error(state, "--ip, --gateway, --mtu, --pcap and --no-offload are about a card: give one by --tap");
	if (net->tap != NULL && (net->tap[0] == '\0' || strlen(net->tap) >= TAP_NAME_SIZE || strpbrk(net->tap, "/% ")))
		argp_error(state, "`%s' is no name for a TAP: up to %d characters are", net->tap, TAP_NAME_SIZE - 1);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct run_net *net = state->input;
	struct in_addr number;
	uint32_t address, prefix;

	switch (key) {
	case OPTION_TAP:
		net->tap = argument;
		return 0;
	case OPTION_ADDRESS:
		if (!read_network(argument, &address, &prefix))
			argp_error(state, "`%s' is no address with its bits of network, as %s", argument, ADDRESS_USUAL);
		net->address = argument;
		return 0;
	case OPTION_GATEWAY:
		if (inet_pton(AF_INET, argument, &number) != 1)
			argp_error(state, "`%s' is no address", argument);
		net->gateway = argument;
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

/* The words of `text` that set neither address nor gateway. */
static void keep_others(const char *text, char *kept, size_t size)
{
	size_t length = 0;

	kept[0] = '\0';
	while (*text != '\0') {
		size_t word = strcspn(text, " ,");

		if (word > 0 && strncmp(text, "ip=", 3) != 0 && strncmp(text, "gateway=", 8) != 0)
			length += (size_t)snprintf(kept + length, size - length, " %.*s", (int)word, text);
		text += word;
		text += strspn(text, " ,");
	}
}

static bool replace_addresses(const struct run_net *net, struct manifest_service *service)
{
	char kept[sizeof(service->options)], text[2 * sizeof(service->options)];
	int length;

	keep_others(service->options, kept, sizeof(kept));
	length = snprintf(text, sizeof(text), "ip=%s%s%s%s", net->address, net->gateway ? " gateway=" : "",
	                  net->gateway ? net->gateway : "", kept);
	if ((size_t)length >= sizeof(service->options)) {
		cli_error("run: the manifest's options for %s are too long for an address more", SERVER);
		return false;
	}
	memcpy(service->options, text, (size_t)length + 1);
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
static void choose_peer(const struct run_net *net, struct host_card_options *card)
{
	uint32_t address, mask;
	struct in_addr gateway;

	if (!read_network(net->address ? net->address : ADDRESS_USUAL, &address, &card->prefix))
		return;
	mask = UINT32_MAX << (32 - card->prefix);
	card->peer = (address & mask) + 1 == address ? address + 1 : (address & mask) + 1;
	if (net->gateway && inet_pton(AF_INET, net->gateway, &gateway) == 1)
		card->peer = ntohl(gateway.s_addr);
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
	if (net->address && !replace_addresses(net, service))
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
	choose_peer(net, &net->card);
	host->cards = &net->card;
	host->card_count = 1;
	return true;
}
