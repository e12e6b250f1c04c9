/* Addresses of the network as text, and as protocol `socket` carries them (drydock/network.h). */
#include <drydock/network.h>

#include <drydock/format.h>
#include <drydock/string.h>

#define GROUPS 8u /* of 16 bits, in an IPv6 address */

/* ---- as the protocol has it ---------------------------------------------------------- */

struct network_parts network_address_parts(const struct network_address *address)
{
	struct network_parts parts = {.family = address->family, .port = address->port};

	if (parts.family == SOCKET_FAMILY_NONE && address->address != 0)
		parts.family = SOCKET_FAMILY_IPV4;
	if (parts.family == SOCKET_FAMILY_IPV4)
		parts.high = (uint64_t)address->address << 32;
	for (int i = 0; parts.family == SOCKET_FAMILY_IPV6 && i < 8; i++) {
		parts.high = parts.high << 8 | address->ipv6[i];
		parts.low = parts.low << 8 | address->ipv6[8 + i];
	}
	return parts;
}

void network_address_from(const struct network_parts *parts, struct network_address *address)
{
	*address = (struct network_address){.port = (uint16_t)parts->port, .family = (uint16_t)parts->family};
	if (parts->family == SOCKET_FAMILY_IPV4)
		address->address = (uint32_t)(parts->high >> 32);
	for (int i = 0; parts->family == SOCKET_FAMILY_IPV6 && i < 8; i++) {
		address->ipv6[i] = (uint8_t)(parts->high >> (56 - 8 * i));
		address->ipv6[8 + i] = (uint8_t)(parts->low >> (56 - 8 * i));
	}
}

void network_address_resolved(const struct socket_resolved *resolved, struct network_address *address)
{
	const struct network_parts parts = {
		.family = resolved->family, .port = address->port, .high = resolved->high, .low = resolved->low};

	network_address_from(&parts, address);
}

/* ---- reading --------------------------------------------------------------------------- */

/* Digits that make a number up to `most`; what follows them, or NULL. */
static const char *read_number(const char *text, uint32_t most, uint32_t *number)
{
	const char *start = text;

	*number = 0;
	while (*text >= '0' && *text <= '9' && *number <= most)
		*number = *number * 10 + (uint32_t)(*text++ - '0');
	return text != start && *number <= most ? text : NULL;
}

static const char *read_ipv4(const char *text, uint32_t *address)
{
	uint32_t number = 0, part;

	for (int i = 0; text != NULL && i < 4; i++) {
		if (i > 0 && *text++ != '.')
			return NULL;
		text = read_number(text, 255, &part);
		number = number << 8 | part;
	}
	*address = number;
	return text;
}

/* One to four hexadecimal digits; what follows them, or NULL. */
static const char *read_group(const char *text, uint32_t *group)
{
	uint32_t count = 0;

	*group = 0;
	for (; count < 4; count++, text++) {
		char digit = *text >= 'A' && *text <= 'F' ? (char)(*text - 'A' + 'a') : *text;

		if (digit >= '0' && digit <= '9')
			*group = *group << 4 | (uint32_t)(digit - '0');
		else if (digit >= 'a' && digit <= 'f')
			*group = *group << 4 | (uint32_t)(digit - 'a' + 10);
		else
			break;
	}
	return count > 0 ? text : NULL;
}

/* The groups that are written, and before which of them the gap `::` is (GROUPS + 1: nowhere). */
struct written {
	uint8_t bytes[16];
	uint32_t count, gap;
};

static bool put_group(struct written *written, uint32_t group)
{
	if (written->count == GROUPS)
		return false;
	written->bytes[2 * written->count] = (uint8_t)(group >> 8);
	written->bytes[2 * written->count + 1] = (uint8_t)group;
	written->count++;
	return true;
}

/* The last four bytes may be written as IPv4's: RFC 4291, section 2.2. */
static const char *read_ipv4_end(const char *text, struct written *written)
{
	uint32_t address;

	text = read_ipv4(text, &address);
	return text != NULL && put_group(written, address >> 16) && put_group(written, address & 0xffff) ? text : NULL;
}

static bool is_ipv4(const char *text)
{
	while (*text >= '0' && *text <= '9')
		text++;
	return *text == '.';
}

static const char *read_groups(const char *text, struct written *written)
{
	uint32_t group;

	for (bool first = true;; first = false) {
		if (text[0] == ':' && text[1] == ':') {
			if (written->gap <= GROUPS)
				return NULL;
			written->gap = written->count;
			text += 2;
			/* The gap may be the end. */
			if (read_group(text, &group) == NULL)
				return text;
		} else if (!first) {
			if (*text != ':')
				return text;
			text++;
		}
		if (is_ipv4(text))
			return read_ipv4_end(text, written);
		text = read_group(text, &group);
		if (text == NULL || !put_group(written, group))
			return NULL;
	}
}

static const char *read_ipv6(const char *text, uint8_t address[16])
{
	struct written written = {.gap = GROUPS + 1};
	uint32_t before;

	text = read_groups(text, &written);
	if (text == NULL || (written.gap > GROUPS ? written.count != GROUPS : written.count == GROUPS))
		return NULL;
	before = written.gap > GROUPS ? 16 : 2 * written.gap;
	memset(address, 0, 16);
	memcpy(address, written.bytes, before);
	memcpy(address + 16 - (2 * written.count - before), written.bytes + before, 2 * written.count - before);
	return text;
}

static const char *read_host(const char *text, struct network_address *address)
{
	bool bracket = *text == '[';

	if (!bracket && is_ipv4(text)) {
		address->family = SOCKET_FAMILY_IPV4;
		return read_ipv4(text, &address->address);
	}
	address->family = SOCKET_FAMILY_IPV6;
	text = read_ipv6(bracket ? text + 1 : text, address->ipv6);
	if (!bracket || text == NULL)
		return text;
	return *text == ']' ? text + 1 : NULL;
}

bool network_address_read(const char *text, struct network_address *address)
{
	struct network_address found = {.port = address->port};
	uint32_t port;

	text = read_host(text, &found);
	if (text != NULL && *text == ':') {
		text = read_number(text + 1, UINT16_MAX, &port);
		found.port = (uint16_t)port;
	}
	if (text == NULL || *text != '\0')
		return false;
	*address = found;
	return true;
}

bool network_prefix_read(const char *text, struct network_address *address, uint32_t *bits)
{
	struct network_address found = {.port = 0};

	text = read_host(text, &found);
	if (text == NULL || *text != '/')
		return false;
	text = read_number(text + 1, found.family == SOCKET_FAMILY_IPV6 ? 128 : 32, bits);
	if (text == NULL || *text != '\0')
		return false;
	*address = found;
	return true;
}

/* ---- writing ------------------------------------------------------------------------------ */

/* RFC 5952, section 4.2: the longest run of groups that are 0, of two at least, the first of equals. */
static uint32_t longest_gap(const uint8_t *address, uint32_t *start)
{
	uint32_t best = 0;

	for (uint32_t at = 0; at < GROUPS; at++) {
		uint32_t length = 0;

		while (at + length < GROUPS && address[2 * (at + length)] == 0 && address[2 * (at + length) + 1] == 0)
			length++;
		if (length > best && length > 1) {
			best = length;
			*start = at;
		}
	}
	return best;
}

static size_t write_ipv6(const uint8_t *address, char *text)
{
	uint32_t start = GROUPS, gap = longest_gap(address, &start);
	size_t length = 0;

	for (uint32_t at = 0; at < GROUPS; at++) {
		if (at == start) {
			length += format_string(text + length, NETWORK_ADDRESS_TEXT - length, "::");
			at += gap - 1;
			continue;
		}
		length += format_string(text + length, NETWORK_ADDRESS_TEXT - length, "%s%x",
		                        at == 0 || at == start + gap ? "" : ":",
		                        (unsigned)(address[2 * at] << 8 | address[2 * at + 1]));
	}
	return length;
}

void network_host_write(const struct network_address *address, char *text)
{
	if (address->family == SOCKET_FAMILY_IPV6)
		write_ipv6(address->ipv6, text);
	else
		format_string(text, NETWORK_ADDRESS_TEXT, "%u.%u.%u.%u", address->address >> 24,
		              address->address >> 16 & 255, address->address >> 8 & 255, address->address & 255);
}

void network_address_write(const struct network_address *address, char *text)
{
	bool ipv6 = address->family == SOCKET_FAMILY_IPV6;
	size_t length;

	text[0] = '[';
	network_host_write(address, ipv6 ? text + 1 : text);
	length = string_length(text);
	format_string(text + length, NETWORK_ADDRESS_TEXT - length, "%s:%u", ipv6 ? "]" : "", (unsigned)address->port);
}
