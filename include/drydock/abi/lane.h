/*
 * A lane: two rings and a data area in one memory object (docs/ABI.md,
 * "Lanes"). Geometry comes from the kernel (struct lane_info), never from the
 * shared memory.
 *
 *   0                 indices, each on 128 bytes of its own
 *   512 … 4095        reserved, zero: relays and traces
 *   4096              request ring, 4 * depth slots
 *   then              reply ring, depth slots
 *   page boundary     data area
 *
 * Indices are free-running u32: slot = index mod slots, and tail - head is how
 * many are filled. Each has one writer.
 */
#ifndef DRYDOCK_ABI_LANE_H
#define DRYDOCK_ABI_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/abi/message.h>
#include <drydock/abi/sys.h>

#define LANE_DEPTH_MAXIMUM 1024u               /* a power of two, at least 1 */
#define LANE_AREA_MAXIMUM  (256u * 1024 * 1024) /* bytes, a multiple of 4096; may be 0 */

#define LANE_REQUEST_TAIL 0   /* client writes */
#define LANE_REQUEST_HEAD 128 /* server writes */
#define LANE_REPLY_TAIL   256 /* server writes */
#define LANE_REPLY_HEAD   384 /* client writes */
#define LANE_RESERVED     512
#define LANE_RINGS        4096

#define LANE_REQUEST_FACTOR 4 /* request slots per depth: calls and their cancels always fit */

/* The kernel lane: a lane whose data area is the kernel buffer. */
#define KERNEL_LANE_DEPTH 1u

static inline uint32_t lane_request_slots(uint32_t depth)
{
	return LANE_REQUEST_FACTOR * depth;
}

/* Offset of the reply ring, bytes. */
static inline uint64_t lane_reply_ring(uint32_t depth)
{
	return LANE_RINGS + (uint64_t)lane_request_slots(depth) * MESSAGE_SIZE;
}

/* Offset of the data area, bytes. */
static inline uint64_t lane_area_offset(uint32_t depth)
{
	uint64_t end = lane_reply_ring(depth) + (uint64_t)depth * MESSAGE_SIZE;

	return (end + 4095) & ~4095ull;
}

/* Size of the memory object, bytes: what the opener is charged. */
static inline uint64_t lane_size(uint32_t depth, uint32_t area)
{
	return lane_area_offset(depth) + area;
}

static inline bool lane_geometry_valid(uint64_t depth, uint64_t area)
{
	return depth >= 1 && depth <= LANE_DEPTH_MAXIMUM && (depth & (depth - 1)) == 0 &&
	       area <= LANE_AREA_MAXIMUM && area % 4096 == 0;
}

enum lane_state {
	LANE_OPENING = 1,  /* waits for the server */
	LANE_ACCEPTED = 2,
	LANE_CLOSED = 3,   /* one end or both have closed */
};

#define LANE_GROUPS_MAXIMUM 64

/* LANE_INFO's buffer. What the kernel vouches for. */
struct lane_info {
	uint64_t id;
	uint64_t badge;        /* of the SEND capability it was opened with */
	uint64_t peer;         /* process id of the other end */
	uint32_t peer_number;
	uint32_t protocol;
	uint32_t version;
	uint32_t depth;
	uint32_t area;         /* bytes */
	uint32_t state;        /* enum lane_state */
	uint32_t is_client;    /* the asker opened it */
	uint32_t reason;       /* closed: an enum error */
	uint32_t uid, gid;     /* of the opener */
	uint32_t group_count;  /* at most LANE_GROUPS_MAXIMUM; more are not vouched for */
	uint32_t reserved;
	uint32_t groups[LANE_GROUPS_MAXIMUM];
};

/*
 * The page that only its owner can write and its peers map read-only.
 * `armed` is 1 while the owner means to sleep (docs/ABI.md, "Waking").
 * `processor` is the CPU it last ran on, `waits` how often it has run out of
 * work: hints for how to wait; nobody relies on them.
 */
struct owner_page {
	uint32_t armed;
	uint8_t pad0[124];
	uint32_t processor;
	uint32_t waits;
	uint8_t pad1[120];
};

/*
 * Which ports have something, a bit for each handle index. The kernel writes
 * it, before it rings; the process reads it.
 */
struct notice_page {
	uint64_t bits[HANDLE_COUNT_LIMIT / 64];
};
_Static_assert(sizeof(struct notice_page) <= PAGE_SIZE, "the notice is one page");

#endif
