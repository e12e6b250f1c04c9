/*
 * A message: 64 bytes, eight words, one cache line (docs/ABI.md, "Messages").
 *
 *   word 0   {op:u16, flags:u16, tag:u32}, op in the lowest bits
 *   word 4   {sequence:u32, actor:u32} where the protocol has sessions
 *   word 5   OUT range {offset:u32, length:u32} if MESSAGE_OUT
 *   word 6   IN range  {offset:u32, length:u32} if MESSAGE_IN
 *   the rest is the operation's
 *
 * In a reply word 1 is {status:u32, length:u32}: status 0 or a POSIX error,
 * and how many bytes of the OUT range the server wrote; words 2 to 7 are the
 * operation's results.
 */
#ifndef DRYDOCK_ABI_MESSAGE_H
#define DRYDOCK_ABI_MESSAGE_H

#include <stdint.h>

#define MESSAGE_WORDS 8
#define MESSAGE_SIZE  64

struct message {
	uint64_t word[MESSAGE_WORDS];
};

_Static_assert(sizeof(struct message) == MESSAGE_SIZE, "a message is one cache line");

#define MESSAGE_IN    (1u << 0) /* word 6 is the IN range */
#define MESSAGE_OUT   (1u << 1) /* word 5 is the OUT range */
#define MESSAGE_FLAGS (MESSAGE_IN | MESSAGE_OUT)

#define MESSAGE_WORD_SESSION 4
#define MESSAGE_WORD_OUT     5
#define MESSAGE_WORD_IN      6

#define OPERATION_CANCEL 0 /* word 1 is the tag to cancel; it has no reply */

/* Operations that every protocol with sessions has. */
#define OPERATION_SESSION 0xff00 /* bind a session to the lane */
#define OPERATION_ACTOR   0xff01 /* register an identity to act for */

/* Part of a lane's data area. */
struct range {
	uint32_t offset; /* bytes from the start of the data area */
	uint32_t length; /* bytes */
};

static inline uint64_t message_header(uint16_t op, uint16_t flags, uint32_t tag)
{
	return (uint64_t)op | (uint64_t)flags << 16 | (uint64_t)tag << 32;
}

static inline uint16_t message_op(const struct message *message)
{
	return (uint16_t)message->word[0];
}

static inline uint16_t message_flags(const struct message *message)
{
	return (uint16_t)(message->word[0] >> 16);
}

static inline uint32_t message_tag(const struct message *message)
{
	return (uint32_t)(message->word[0] >> 32);
}

/* Two u32 in one word, `low` in the lowest bits. */
static inline uint64_t word_pair(uint32_t low, uint32_t high)
{
	return (uint64_t)low | (uint64_t)high << 32;
}

static inline uint32_t word_low(uint64_t word)
{
	return (uint32_t)word;
}

static inline uint32_t word_high(uint64_t word)
{
	return (uint32_t)(word >> 32);
}

static inline uint64_t range_word(struct range range)
{
	return word_pair(range.offset, range.length);
}

static inline struct range word_range(uint64_t word)
{
	return (struct range){.offset = word_low(word), .length = word_high(word)};
}

#endif
