/*
 * The ARP and UDP echo responder as a program: answers on card 0 for the IPv4
 * address in its option `address=A.B.C.D`.
 */
#include <drydock/posix.h>
#include <drydock/server.h>
#include <drydock/string.h>

#include "apps/echo/echo.h"

/* What QEMU's user network gives to its first guest. */
#define ADDRESS_DEFAULT "10.0.2.15"

/* A.B.C.D as a number; 0 where it is none. */
static uint32_t parse_address(const char *text)
{
	uint32_t address = 0;

	for (int part = 0; part < 4; part++) {
		uint32_t value = 0;
		int digits = 0;

		for (; *text >= '0' && *text <= '9' && digits < 3; text++, digits++)
			value = value * 10 + (uint32_t)(*text - '0');
		if (digits == 0 || value > 255 || *text != (part < 3 ? '.' : '\0'))
			return 0;
		text++;
		address = address << 8 | value;
	}
	return address;
}

static void program_start(struct runtime *runtime, void *state)
{
	struct echo *echo = state;
	char text[20] = ADDRESS_DEFAULT;
	struct net_card *card;
	uint32_t address;
	int32_t status;

	if (runtime_register(runtime) != 0) {
		runtime_stop(runtime, 1);
		return;
	}
	string_option(runtime_start(runtime)->options, "address", text, sizeof(text));
	address = parse_address(text);
	if (address == 0) {
		log_print(runtime, LOG_ERROR, "'%s' is no address; the option is address=A.B.C.D", text);
		runtime_stop(runtime, 1);
		return;
	}
	card = net_open(runtime, 0, 0, 0, &status);
	if (card == NULL) {
		if (status == POSIX_ENOENT)
			log_print(runtime, LOG_WARNING, "there is no network card");
		else
			log_print(runtime, LOG_ERROR, "the network card cannot be opened: error %d", status);
		log_flush(runtime);
		runtime_stop(runtime, status != POSIX_ENOENT);
		return;
	}
	if (!echo_start(echo, card, address)) {
		log_print(runtime, LOG_ERROR, "no memory to answer from");
		runtime_stop(runtime, 1);
		return;
	}
	log_print(runtime, LOG_INFO, "answers ARP and UDP port %u at %s", ECHO_PORT, text);
}

extern const struct server_definition echo_server;

const struct server_definition echo_server = {
	.name = "echo",
	.source = "echo",
	.state_size = sizeof(struct echo),
	.start = program_start,
};
