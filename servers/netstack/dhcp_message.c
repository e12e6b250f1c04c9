/* Reading and writing messages of DHCP (dhcp_message.h). */
#include "dhcp_message.h"

#include <drydock/string.h>

#include "bytes.h"
#include "ipv4.h"

/* RFC 2131, section 2. */
#define OPERATION   0
#define HARDWARE    1
#define LENGTH      2
#define TRANSACTION 4
#define SECONDS     8
#define FLAGS       10
#define OWN         12
#define YOURS       16
#define CLIENT      28
#define SERVER_NAME 44
#define FILE_NAME   108
#define COOKIE      236
#define OPTIONS     240u

#define BOOT_REQUEST   1u
#define BOOT_REPLY     2u
#define ETHERNET       1u
#define FLAG_BROADCAST 0x8000u /* section 4.1: who has no address yet hears no other answer */
#define MAGIC          0x63825363u

#define OPTION_PAD          0u
#define OPTION_MASK         1u
#define OPTION_ROUTER       3u
#define OPTION_NAME_SERVERS 6u
#define OPTION_WANTED       50u
#define OPTION_LEASE        51u
#define OPTION_OVERLOAD     52u
#define OPTION_TYPE         53u
#define OPTION_SERVER       54u
#define OPTION_PARAMETERS   55u
#define OPTION_SIZE         57u
#define OPTION_RENEW        58u
#define OPTION_REBIND       59u
#define OPTION_CLIENT       61u
#define OPTION_END          255u

#define LEASE_LEAST 60u /* seconds: one that were shorter would be asked for without end */

/* ---- writing ---------------------------------------------------------------------- */

static uint8_t *put_number(uint8_t *at, uint8_t option, uint32_t number)
{
	if (number == 0)
		return at;
	at[0] = option;
	at[1] = 4;
	bytes_put32(at + 2, number);
	return at + 6;
}

void dhcp_write(const struct dhcp_question *question, uint8_t *message)
{
	static const uint8_t parameters[] = {OPTION_PARAMETERS,   6,
	                                     OPTION_MASK,         OPTION_ROUTER,
	                                     OPTION_NAME_SERVERS, OPTION_LEASE,
	                                     OPTION_RENEW,        OPTION_REBIND};
	uint8_t *at = message + OPTIONS;

	memset(message, 0, DHCP_MESSAGE_SIZE);
	message[OPERATION] = BOOT_REQUEST;
	message[HARDWARE] = ETHERNET;
	message[LENGTH] = NET_ADDRESS_SIZE;
	bytes_put32(message + TRANSACTION, question->transaction);
	bytes_put16(message + SECONDS, question->seconds < UINT16_MAX ? question->seconds : UINT16_MAX);
	bytes_put16(message + FLAGS, question->own == 0 ? FLAG_BROADCAST : 0);
	bytes_put32(message + OWN, question->own);
	memcpy(message + CLIENT, question->hardware, NET_ADDRESS_SIZE);
	bytes_put32(message + COOKIE, MAGIC);
	*at++ = OPTION_TYPE;
	*at++ = 1;
	*at++ = (uint8_t)question->type;
	*at++ = OPTION_CLIENT;
	*at++ = 1 + NET_ADDRESS_SIZE;
	*at++ = ETHERNET;
	memcpy(at, question->hardware, NET_ADDRESS_SIZE);
	at = put_number(at + NET_ADDRESS_SIZE, OPTION_WANTED, question->wanted);
	at = put_number(at, OPTION_SERVER, question->server);
	/* Section 4.4.4: who declines asks for nothing. */
	if (question->type != DHCP_DECLINE) {
		memcpy(at, parameters, sizeof(parameters));
		at += sizeof(parameters);
		*at++ = OPTION_SIZE;
		*at++ = 2;
		bytes_put16(at, DHCP_MESSAGE_LONGEST);
		at += 2;
	}
	*at = OPTION_END;
}

/* ---- reading ---------------------------------------------------------------------- */

/* The value of an option among those in `length` bytes, of at least `size`; NULL: it is not there. */
static const uint8_t *find_in(const uint8_t *at, uint32_t length, uint8_t option, uint32_t size,
                              uint32_t *found)
{
	while (length > 0 && at[0] != OPTION_END) {
		uint32_t step = 1;

		if (at[0] != OPTION_PAD) {
			if (length < 2 || at[1] > length - 2)
				return NULL;
			if (at[0] == option && at[1] >= size) {
				*found = at[1];
				return at + 2;
			}
			step = 2u + at[1];
		}
		at += step;
		length -= step;
	}
	return NULL;
}

/* Options may go on in the fields for names, if one of them says so: RFC 2132, section 9.3. */
static const uint8_t *find(const uint8_t *message, uint32_t length, uint8_t option, uint32_t size,
                           uint32_t *found)
{
	const uint8_t *overload = find_in(message + OPTIONS, length - OPTIONS, OPTION_OVERLOAD, 1, found);
	uint8_t more = overload != NULL ? overload[0] : 0;
	const uint8_t *value = find_in(message + OPTIONS, length - OPTIONS, option, size, found);

	if (value == NULL && (more & 1))
		value = find_in(message + FILE_NAME, COOKIE - FILE_NAME, option, size, found);
	if (value == NULL && (more & 2))
		value = find_in(message + SERVER_NAME, FILE_NAME - SERVER_NAME, option, size, found);
	return value;
}

static uint32_t number(const uint8_t *message, uint32_t length, uint8_t option, uint32_t otherwise)
{
	uint32_t found;
	const uint8_t *value = find(message, length, option, 4, &found);

	return value != NULL ? bytes_get32(value) : otherwise;
}

/* How many bits are set, from the first on; 0: the mask has holes, or is none. */
static uint32_t bits_of(uint32_t mask)
{
	uint32_t bits = 0;

	while (bits < 32 && (mask & (0x80000000u >> bits)) != 0)
		bits++;
	return bits < 32 && (mask << bits) != 0 ? 0 : bits;
}

/* RFC 2131, section 4.4.5: half of the lease, and seven eighths, unless the server says otherwise and makes sense. */
static void read_times(const uint8_t *message, uint32_t length, struct dhcp_answer *answer)
{
	uint32_t lease = number(message, length, OPTION_LEASE, 0);

	if (lease < LEASE_LEAST)
		lease = LEASE_LEAST;
	answer->lease = lease;
	answer->rebind = number(message, length, OPTION_REBIND, lease - lease / 8);
	if (answer->rebind > lease || answer->rebind < LEASE_LEAST / 2)
		answer->rebind = lease - lease / 8;
	answer->renew = number(message, length, OPTION_RENEW, lease / 2);
	if (answer->renew > answer->rebind || answer->renew < LEASE_LEAST / 2)
		answer->renew = answer->rebind / 2;
}

static void read_name_servers(const uint8_t *message, uint32_t length, struct dhcp_answer *answer)
{
	uint32_t found = 0;
	const uint8_t *value = find(message, length, OPTION_NAME_SERVERS, 4, &found);

	for (uint32_t i = 0; value != NULL && i < DHCP_NAME_SERVERS && i < found / 4; i++)
		answer->name_servers[i] = bytes_get32(value + 4 * i);
}

static bool for_us(const uint8_t *message, uint32_t length, const uint8_t *hardware)
{
	return length >= OPTIONS && message[OPERATION] == BOOT_REPLY && message[HARDWARE] == ETHERNET &&
	       message[LENGTH] == NET_ADDRESS_SIZE && bytes_get32(message + COOKIE) == MAGIC &&
	       memcmp(message + CLIENT, hardware, NET_ADDRESS_SIZE) == 0;
}

bool dhcp_read(const uint8_t *message, uint32_t length, const uint8_t *hardware, struct dhcp_answer *answer)
{
	const uint8_t *type;
	uint32_t found;

	if (!for_us(message, length, hardware))
		return false;
	type = find(message, length, OPTION_TYPE, 1, &found);
	*answer = (struct dhcp_answer){
		.type = type != NULL ? type[0] : 0,
		.transaction = bytes_get32(message + TRANSACTION),
		.address = bytes_get32(message + YOURS),
		.prefix = bits_of(number(message, length, OPTION_MASK, 0)),
		.server = number(message, length, OPTION_SERVER, 0),
		.router = number(message, length, OPTION_ROUTER, 0),
	};
	if (answer->type == DHCP_NAK)
		return true;
	read_times(message, length, answer);
	read_name_servers(message, length, answer);
	return (answer->type == DHCP_OFFER || answer->type == DHCP_ACK) && answer->prefix != 0 &&
	       answer->server != 0 && ipv4_is_somebody(answer->address);
}
