/* `drydock net status`: what the network stack of an instance has, and what it dropped. */
#include <stdlib.h>
#include <string.h>

#include <drydock/dev/net.h>
#include <drydock/network.h>
#include <drydock/proto/socket.h>

#include "apps/shell/text.h"
#include "cli.h"
#include "guest.h"
#include "table.h"

#define BUFFER_SIZE (256 * 1024)
#define TEXT_SIZE   64

struct net_options {
	const char *instance;
	const char *verb;
	/* While it runs. */
	struct client *client;
	struct socket_interface *interfaces;
	uint32_t interface_count;
	void *buffer;
};

static const char *address_text(uint32_t family, uint64_t high, uint64_t low, char text[TEXT_SIZE])
{
	const struct network_parts parts = {.family = family, .high = high, .low = low};
	struct network_address address;

	network_address_from(&parts, &address);
	network_host_write(&address, text);
	return text;
}

static const char *network_text(uint32_t family, uint64_t high, uint64_t low, uint32_t prefix, char text[TEXT_SIZE])
{
	size_t length = strlen(address_text(family, high, low, text));

	snprintf(text + length, TEXT_SIZE - length, "/%u", prefix);
	return text;
}

/* With the port; IPv6 in brackets. */
static const char *end_text(uint32_t family, uint64_t high, uint64_t low, uint32_t port, char text[TEXT_SIZE])
{
	const struct network_parts parts = {.family = family, .port = port, .high = high, .low = low};
	struct network_address address;

	network_address_from(&parts, &address);
	if (high == 0 && low == 0)
		snprintf(text, TEXT_SIZE, "*:%u", port);
	else
		network_address_write(&address, text);
	return text;
}

/* The address of IPv4, and how it is got. */
static const char *interface_text(const struct socket_interface *interface, char text[TEXT_SIZE])
{
	static const char *const states[] = {"", " asks by dhcp", " dhcp", " dhcp, asks again"};
	uint32_t state = interface->dhcp == 0 ? 0 : interface->dhcp < 5 ? 1 : interface->dhcp == 5 ? 2 : 3;
	size_t length;

	snprintf(text, TEXT_SIZE, "-");
	if (interface->address != 0)
		network_text(SOCKET_FAMILY_IPV4, (uint64_t)interface->address << 32, 0, interface->prefix, text);
	length = strlen(text);
	snprintf(text + length, TEXT_SIZE - length, "%s", states[state]);
	return text;
}

static const char *seconds_text(uint32_t seconds, char text[TEXT_SIZE])
{
	snprintf(text, TEXT_SIZE, "%u s", seconds);
	return seconds == UINT32_MAX ? "for ever" : text;
}

static const char *hardware_text(uint64_t hardware, char text[TEXT_SIZE])
{
	snprintf(text, TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", (unsigned)(hardware >> 40 & 255),
	         (unsigned)(hardware >> 32 & 255), (unsigned)(hardware >> 24 & 255), (unsigned)(hardware >> 16 & 255),
	         (unsigned)(hardware >> 8 & 255), (unsigned)(hardware & 255));
	return text;
}

/* The name as text; the server is not trusted to have one. */
static const char *name_text(const struct socket_interface *interface, char text[TEXT_SIZE])
{
	uint32_t length = interface->name_length < 16 ? interface->name_length : 16;

	memcpy(text, &interface->name_first, 8);
	memcpy(text + 8, &interface->name_second, 8);
	text_harmless(text, length, false);
	text[length] = '\0';
	return text;
}

static const char *interface_name(const struct net_options *options, uint32_t index, char text[TEXT_SIZE])
{
	return index < options->interface_count ? name_text(&options->interfaces[index], text) : "?";
}

/* ---- the parts of the report -------------------------------------------------------- */

static int32_t show_interfaces(struct net_options *options)
{
	static const char *const titles[] = {"INTERFACE", "ADDRESS", "HARDWARE", "MTU", "LINK", "OFFLOADS", "RECEIVED", "SENT"};
	static const bool right[] = {false, false, false, true, false, false, true, true};
	struct table table = {.titles = titles, .right = right, .columns = 8};
	struct socket_interfaces_results results;
	int32_t status = socket_interfaces(options->client, options->interfaces, BUFFER_SIZE, &results);

	if (status != 0)
		return status;
	options->interface_count = results.entries_length / (uint32_t)sizeof(struct socket_interface);
	for (uint32_t i = 0; i < options->interface_count; i++) {
		const struct socket_interface *interface = &options->interfaces[i];
		char text[TEXT_SIZE], size[TEXT_SIZE_SIZE];

		table_add(&table, "%s", name_text(interface, text));
		table_add(&table, "%s", interface_text(interface, text));
		table_add(&table, "%s", interface->hardware ? hardware_text(interface->hardware, text) : "-");
		table_add(&table, "%u", interface->mtu);
		table_add(&table, "%s", interface->up ? "up" : "down");
		table_add(&table, "%s", interface->offloads & NET_OFFLOAD_TCP4       ? "checksum, segments"
		                        : interface->offloads & NET_OFFLOAD_CHECKSUM ? "checksum"
		                                                                     : "-");
		text_size(interface->received_bytes, size);
		table_add(&table, "%llu (%s)", (unsigned long long)interface->received_frames, size);
		text_size(interface->transmitted_bytes, size);
		table_add(&table, "%llu (%s)", (unsigned long long)interface->transmitted_frames, size);
	}
	table_print(&table);
	return 0;
}

/* Those of IPv6, of which an interface has several. */
static int32_t show_addresses(struct net_options *options)
{
	static const char *const titles[] = {"ADDRESS", "INTERFACE", "STATE", "FROM", "PREFERRED", "VALID"};
	static const char *const states[] = {"?", "asked for", "ready", "duplicate"};
	static const bool right[] = {false, false, false, false, false, false};
	struct table table = {.titles = titles, .right = right, .columns = 6};
	const struct socket_address *addresses = options->buffer;
	struct socket_addresses_results results;
	int32_t status = socket_addresses(options->client, options->buffer, BUFFER_SIZE, &results);

	for (uint32_t i = 0; status == 0 && i < results.entries_length / sizeof(*addresses); i++) {
		const struct socket_address *address = &addresses[i];
		char text[TEXT_SIZE];

		table_add(&table, "%s",
		          network_text(SOCKET_FAMILY_IPV6, address->high, address->low, address->prefix, text));
		table_add(&table, "%s", interface_name(options, address->interface, text));
		table_add(&table, "%s", states[address->state <= 3 ? address->state : 0]);
		table_add(&table, "%s", address->origin == 0 ? "configured" : "router");
		table_add(&table, "%s", seconds_text(address->preferred, text));
		table_add(&table, "%s", seconds_text(address->valid, text));
	}
	if (table.count > 0) {
		puts("");
		table_print(&table);
	}
	return status;
}

static int32_t show_routes(struct net_options *options)
{
	static const char *const titles[] = {"NETWORK", "GATEWAY", "INTERFACE", "VALID"};
	static const bool right[] = {false, false, false, false};
	struct table table = {.titles = titles, .right = right, .columns = 4};
	const struct socket_route *routes = options->buffer;
	struct socket_routes_results results;
	int32_t status = socket_routes(options->client, options->buffer, BUFFER_SIZE, &results);

	for (uint32_t i = 0; status == 0 && i < results.entries_length / sizeof(*routes); i++) {
		const struct socket_route *route = &routes[i];
		char text[TEXT_SIZE];

		table_add(&table, "%s",
		          network_text(route->family, route->network_high, route->network_low, route->prefix, text));
		table_add(&table, "%s",
		          route->gateway_high || route->gateway_low
		                  ? address_text(route->family, route->gateway_high, route->gateway_low, text)
		                  : "-");
		table_add(&table, "%s", interface_name(options, route->interface, text));
		table_add(&table, "%s", seconds_text(route->valid, text));
	}
	if (table.count > 0) {
		puts("");
		table_print(&table);
	}
	return status;
}

static int32_t show_neighbours(struct net_options *options)
{
	static const char *const titles[] = {"NEIGHBOUR", "HARDWARE", "INTERFACE", "STATE"};
	static const char *const states[] = {"?", "asked for", "known", "to be asked", "to be asked soon", "asked again"};
	static const bool right[] = {false, false, false, false};
	struct table table = {.titles = titles, .right = right, .columns = 4};
	const struct socket_neighbour *neighbours = options->buffer;
	struct socket_neighbours_results results;
	int32_t status = socket_neighbours(options->client, options->buffer, BUFFER_SIZE, &results);

	for (uint32_t i = 0; status == 0 && i < results.entries_length / sizeof(*neighbours); i++) {
		char text[TEXT_SIZE];

		table_add(&table, "%s", address_text(neighbours[i].family, neighbours[i].high, neighbours[i].low, text));
		table_add(&table, "%s", neighbours[i].hardware ? hardware_text(neighbours[i].hardware, text) : "-");
		table_add(&table, "%s", interface_name(options, neighbours[i].interface, text));
		table_add(&table, "%s", states[neighbours[i].state <= 5 ? neighbours[i].state : 0]);
	}
	if (table.count > 0) {
		puts("");
		table_print(&table);
	}
	return status;
}

static const char *kind_name(uint32_t kind)
{
	switch (kind) {
	case SOCKET_KIND_STREAM:
		return "tcp";
	case SOCKET_KIND_ECHO:
		return "echo";
	case SOCKET_KIND_RAW:
		return "raw";
	default:
		return "udp";
	}
}

/* As RFC 9293, section 3.3.2, calls them, in lower case. */
static const char *state_name(const struct socket_entry *entry)
{
	static const char *const names[] = {
		"closed",     "listen",     "syn-sent", "syn-received", "established", "fin-wait-1",
		"fin-wait-2", "close-wait", "closing",  "last-ack",     "time-wait",
	};

	if (entry->kind != SOCKET_KIND_STREAM)
		return "-";
	return entry->state < sizeof(names) / sizeof(names[0]) ? names[entry->state] : "?";
}

static int32_t show_sockets(struct net_options *options)
{
	static const char *const titles[] = {"SOCKET", "LOCAL", "REMOTE", "STATE", "QUEUED", "UNSENT"};
	static const bool right[] = {false, false, false, false, true, true};
	struct table table = {.titles = titles, .right = right, .columns = 6};
	const struct socket_entry *entries = options->buffer;
	struct socket_sockets_results results;
	int32_t status = socket_sockets(options->client, options->buffer, BUFFER_SIZE, &results);

	for (uint32_t i = 0; status == 0 && i < results.entries_length / sizeof(*entries); i++) {
		char text[TEXT_SIZE];

		table_add(&table, "%s", kind_name(entries[i].kind));
		table_add(&table, "%s", end_text(entries[i].local_family, entries[i].local_high, entries[i].local_low,
		                                 entries[i].local_port, text));
		table_add(&table, "%s",
		          entries[i].remote_family ? end_text(entries[i].remote_family, entries[i].remote_high,
		                                              entries[i].remote_low, entries[i].remote_port, text)
		                                   : "-");
		table_add(&table, "%s", state_name(&entries[i]));
		table_add(&table, "%u", entries[i].queued);
		table_add(&table, "%u", entries[i].unsent);
	}
	if (table.count > 0) {
		puts("");
		table_print(&table);
	}
	return status;
}

static int32_t show_drops(struct net_options *options)
{
	struct socket_drops_results results;
	int32_t status = socket_drops(options->client, options->buffer, BUFFER_SIZE, &results);

	if (status != 0 || results.text_length == 0)
		return status;
	text_harmless(options->buffer, results.text_length, true);
	printf("\nDropped:\n%.*s", (int)results.text_length, (const char *)options->buffer);
	return 0;
}

static int net_work(struct runtime *runtime, void *context)
{
	static int32_t (*const parts[])(struct net_options *) = {show_interfaces, show_addresses, show_routes,
	                                                         show_neighbours, show_sockets, show_drops};
	const struct client_options limits = {.area = 2 * BUFFER_SIZE};
	struct net_options *options = context;
	int32_t status = 0;

	options->client = guest_client(runtime, "net", "netstack", &socket_protocol, &limits);
	if (options->client == NULL)
		return CLI_FAILED;
	for (size_t i = 0; status == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
		status = parts[i](options);
	client_close(options->client);
	return status == 0 ? CLI_OK : cli_error("net: %s", text_status(status));
}

/* ---- options ------------------------------------------------------------------------------ */

static error_t net_parse(int key, char *argument, struct argp_state *state)
{
	struct net_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->instance;
		return 0;
	case ARGP_KEY_ARG:
		if (options->verb != NULL || strcmp(argument, "status") != 0)
			argp_error(state, "`%s' is nothing that can be done: status is", argument);
		options->verb = argument;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "what is to be done? There is: status");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp net_argp = {
	.parser = net_parse,
	.args_doc = "status",
	.doc = "Show the network stack of an instance: its interfaces, routes, neighbours and sockets, and what it "
	       "dropped and why."
	       "\v"
	       "Examples:\n"
	       "  drydock net status    all of it",
	.children = cli_instance_child,
};

int command_net(int argc, char **argv)
{
	struct net_options options = {0};
	int result;

	argp_parse(&net_argp, argc, argv, 0, NULL, &options);
	options.interfaces = malloc(BUFFER_SIZE);
	options.buffer = malloc(BUFFER_SIZE);
	if (options.interfaces == NULL || options.buffer == NULL)
		result = cli_error("net: out of memory");
	else
		result = guest_run(options.instance, "user", "net", net_work, &options);
	free(options.interfaces);
	free(options.buffer);
	return result;
}
