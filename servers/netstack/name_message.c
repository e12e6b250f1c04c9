/* Reading and writing messages of DNS (name_message.h). Whatever is read is a stranger's. */
#include "name_message.h"

#include "bytes.h"

#define HEADER       12u
#define FLAGS        2
#define QUESTIONS    4
#define ANSWERS      6
#define AUTHORITIES  8
#define RECORD_FIXED 10u /* type, class, seconds, length */

#define FLAG_RESPONSE  0x8000u
#define OPCODE_MASK    0x7800u
#define FLAG_TRUNCATED 0x0200u
#define FLAG_RECURSION 0x0100u
#define CODE_MASK      0xfu
#define CODE_NO_NAME   3u

#define TYPE_A     1u
#define TYPE_CNAME 5u
#define TYPE_SOA   6u
#define TYPE_AAAA  28u
#define CLASS_IN   1u

#define LABEL_LONGEST 63u
#define POINTER       0xc0u
#define POINTERS_MOST 16u /* of one name: each leads back, so that there is an end anyway */
#define ALIASES_MOST  8u
#define SECONDS_MOST  86400u /* a day; RFC 8767 has a week */
#define NEGATIVE_MOST 300u   /* RFC 2308, section 5, allows hours: who mistyped a zone would wait for them */

/* ---- names ------------------------------------------------------------------------ */

static char lower(char character)
{
	return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a') : character;
}

static bool is_name_character(char character)
{
	return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
	       character == '-' || character == '_';
}

bool name_normalize(const char *text, uint32_t length, char name[NAME_LONGEST + 1])
{
	uint32_t label = 0;

	if (length > 0 && text[length - 1] == '.')
		length--;
	if (length == 0 || length > NAME_LONGEST)
		return false;
	for (uint32_t at = 0; at < length; at++) {
		name[at] = lower(text[at]);
		label = name[at] == '.' ? 0 : label + 1;
		if (name[at] == '.' ? at == 0 || name[at - 1] == '.'
		                    : !is_name_character(name[at]) || label > LABEL_LONGEST)
			return false;
	}
	name[length] = '\0';
	return true;
}

/*
 * Reads a name at `at` into text, which is empty for the root; where what follows it begins, or 0: it is malformed.
 * A byte that is no letter is kept as it is, and so never equal to a name that was asked for.
 */
static uint32_t read_name(const uint8_t *message, uint32_t length, uint32_t at, char name[NAME_LONGEST + 1])
{
	uint32_t written = 0, end = 0, pointers = 0;

	while (at < length && message[at] != 0) {
		uint32_t size = message[at];

		if (size >= POINTER) {
			uint32_t target;

			if (length - at < 2)
				return 0;
			target = bytes_get16(message + at) & 0x3fff;
			if (target >= at || ++pointers > POINTERS_MOST)
				return 0;
			if (end == 0)
				end = at + 2;
			at = target;
			continue;
		}
		if (size > LABEL_LONGEST || length - at < size + 1 || written + size + 1 > NAME_LONGEST)
			return 0;
		if (written > 0)
			name[written++] = '.';
		for (uint32_t i = 1; i <= size; i++)
			name[written++] = message[at + i] != 0 ? lower((char)message[at + i]) : '?';
		at += size + 1;
	}
	if (at >= length)
		return 0;
	name[written] = '\0';
	return end != 0 ? end : at + 1;
}

/* ---- asking ------------------------------------------------------------------------- */

static uint16_t type_of(uint8_t family)
{
	return family == NET_FAMILY_IPV6 ? TYPE_AAAA : TYPE_A;
}

uint32_t name_write(uint8_t *message, uint16_t identifier, const char *name, uint8_t family)
{
	uint8_t *at = message + HEADER;

	memset(message, 0, HEADER);
	bytes_put16(message, identifier);
	bytes_put16(message + FLAGS, FLAG_RECURSION);
	bytes_put16(message + QUESTIONS, 1);
	while (*name != '\0') {
		uint8_t *label = at++;

		for (; *name != '\0' && *name != '.'; name++)
			*at++ = (uint8_t)*name;
		*label = (uint8_t)(at - label - 1);
		if (*name == '.')
			name++;
	}
	*at++ = 0;
	bytes_put16(at, type_of(family));
	bytes_put16(at + 2, CLASS_IN);
	return (uint32_t)(at + 4 - message);
}

/* ---- answers --------------------------------------------------------------------------- */

/* A record that is being looked at. */
struct record {
	char name[NAME_LONGEST + 1];
	uint16_t type;
	uint32_t seconds;
	uint32_t data, data_length; /* where it lies in the message */
};

/* Reads the record at `at`, of class IN or of none that counts; where the next begins, or 0. */
static uint32_t read_record(const uint8_t *message, uint32_t length, uint32_t at, struct record *record)
{
	at = read_name(message, length, at, record->name);
	if (at == 0 || length - at < RECORD_FIXED)
		return 0;
	record->type = bytes_get16(message + at + 2) == CLASS_IN ? bytes_get16(message + at) : 0;
	record->seconds = bytes_get32(message + at + 4);
	/* RFC 2181, section 8: with the highest bit it is none. */
	if (record->seconds > INT32_MAX)
		record->seconds = 0;
	record->data_length = bytes_get16(message + at + 8);
	record->data = at + RECORD_FIXED;
	return record->data_length <= length - record->data ? record->data + record->data_length : 0;
}

static bool same(const char *left, const char *right)
{
	while (*left != '\0' && *left == *right) {
		left++;
		right++;
	}
	return *left == *right;
}

static uint32_t least(uint32_t left, uint32_t right)
{
	return left < right ? left : right;
}

static void add_address(const uint8_t *message, const struct record *record, uint8_t family,
                        struct name_answer *answer)
{
	struct net_address *address = &answer->addresses[answer->count];

	if (record->data_length != (family == NET_FAMILY_IPV6 ? 16u : 4u) || answer->count == NAME_ADDRESSES)
		return;
	*address = (struct net_address){.family = family};
	memcpy(address->bytes, message + record->data, record->data_length);
	answer->seconds = least(answer->seconds, record->seconds);
	answer->count++;
}

/*
 * What the answers say of `name`: its addresses, or of what it is an alias (*alias). Records may come in any order,
 * so each alias is one more walk. False: they are malformed.
 */
static bool read_answers(const uint8_t *message, uint32_t length, uint32_t at, const char *name,
                         uint8_t family, struct name_answer *answer, char *alias)
{
	uint32_t count = bytes_get16(message + ANSWERS);
	struct record record;

	alias[0] = '\0';
	for (uint32_t i = 0; i < count; i++) {
		at = read_record(message, length, at, &record);
		if (at == 0)
			return false;
		if (!same(record.name, name))
			continue;
		if (record.type == type_of(family)) {
			add_address(message, &record, family, answer);
		} else if (record.type == TYPE_CNAME) {
			if (read_name(message, length, record.data, alias) == 0)
				return false;
			answer->seconds = least(answer->seconds, record.seconds);
		}
	}
	return true;
}

/* RFC 2308, section 5: that there is nothing holds as long as the zone's authority says. */
static uint32_t negative_seconds(const uint8_t *message, uint32_t length, uint32_t at)
{
	uint32_t answers = bytes_get16(message + ANSWERS),
		 count = answers + bytes_get16(message + AUTHORITIES);
	struct record record;

	for (uint32_t i = 0; i < count; i++) {
		at = read_record(message, length, at, &record);
		if (at == 0)
			return 0;
		if (i >= answers && record.type == TYPE_SOA && record.data_length >= 4)
			return least(least(record.seconds, bytes_get32(message + at - 4)), NEGATIVE_MOST);
	}
	return 0;
}

static enum name_outcome read_found(const uint8_t *message, uint32_t length, uint32_t at, const char *name,
                                    uint8_t family, struct name_answer *answer)
{
	char wanted[NAME_LONGEST + 1], alias[NAME_LONGEST + 1];

	memcpy(alias, name, NAME_LONGEST + 1);
	answer->seconds = SECONDS_MOST;
	for (uint32_t i = 0; i <= ALIASES_MOST && answer->count == 0 && alias[0] != '\0'; i++) {
		memcpy(wanted, alias, sizeof(wanted));
		if (!read_answers(message, length, at, wanted, family, answer, alias))
			return NAME_NONSENSE;
	}
	if (answer->count > 0)
		return NAME_FOUND;
	answer->seconds = negative_seconds(message, length, at);
	return NAME_NONE;
}

enum name_outcome name_read(const uint8_t *message, uint32_t length, uint16_t identifier, const char *name,
                            uint8_t family, struct name_answer *answer)
{
	char asked[NAME_LONGEST + 1], padded[NAME_LONGEST + 1] = {0};
	uint32_t at, flags, code;

	*answer = (struct name_answer){.count = 0};
	if (length < HEADER || bytes_get16(message) != identifier || bytes_get16(message + QUESTIONS) != 1)
		return NAME_NONSENSE;
	flags = bytes_get16(message + FLAGS);
	at = read_name(message, length, HEADER, asked);
	if ((flags & (FLAG_RESPONSE | OPCODE_MASK)) != FLAG_RESPONSE || at == 0 || length - at < 4 ||
	    !same(asked, name) || bytes_get16(message + at) != type_of(family) ||
	    bytes_get16(message + at + 2) != CLASS_IN)
		return NAME_NONSENSE;
	at += 4;
	if (flags & FLAG_TRUNCATED)
		return NAME_TRUNCATED;
	code = flags & CODE_MASK;
	if (code != 0 && code != CODE_NO_NAME)
		return NAME_REFUSED;
	for (uint32_t i = 0; name[i] != '\0'; i++)
		padded[i] = name[i];
	return read_found(message, length, at, padded, family, answer);
}
