/* Messages of DNS (RFC 1035, section 4): asking for the addresses of a name, and reading an answer. */
#ifndef NETSTACK_NAME_MESSAGE_H
#define NETSTACK_NAME_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"

#define NAME_LONGEST    253u /* characters of a name as text: RFC 1035, section 2.3.4 */
#define NAME_ADDRESSES  8u   /* of one name, that are kept */
#define NAME_QUESTION   (12u + 255u + 4u) /* bytes of a question at most */
#define NAME_UDP_ANSWER 512u /* bytes of an answer by UDP: section 4.2.1 */

enum name_outcome {
	NAME_FOUND,
	NAME_NONE,      /* there is no such name, or it has no address of the family */
	NAME_TRUNCATED, /* the answer is too long for UDP */
	NAME_REFUSED,   /* this server does not say */
	NAME_NONSENSE,  /* that is no answer to this question */
};

struct name_answer {
	struct net_address addresses[NAME_ADDRESSES];
	uint32_t count;
	uint32_t seconds; /* how long that holds; 0: it is not to be kept */
};

/*
 * A name in the form in which names are compared: lower case, no dot at the end. False: it can be none (an empty
 * label or one of more than 63 characters, or anything but letters, digits, '-' and '_').
 */
bool name_normalize(const char *text, uint32_t length, char name[NAME_LONGEST + 1]);

/* Writes the question for addresses of that family (enum net_family) into NAME_QUESTION bytes; its length. */
uint32_t name_write(uint8_t *message, uint16_t identifier, const char *name, uint8_t family);

/* Reads an answer to that question. */
enum name_outcome name_read(const uint8_t *message, uint32_t length, uint16_t identifier, const char *name,
                            uint8_t family, struct name_answer *answer);

#endif
