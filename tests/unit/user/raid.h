/*
 * Clients that break every rule of a lane by writing to its memory themselves,
 * beside one that keeps them: the service that they have in common, in a basin
 * of its own, is to end each as docs/ABI.md says and to go on serving the other.
 */
#ifndef DRYDOCK_TESTS_RAID_H
#define DRYDOCK_TESTS_RAID_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/os.h>
#include <drydock/posix.h>
#include <drydock/proto/init.h>
#include <drydock/proto/log.h>

#include "basin.h"

#define ROLE          0
#define DEPTH         4u /* of everybody's lanes */
#define AREA          8192u
#define SERVICE_DEPTH 8u

/*
 * The service: init itself, which speaks two protocols. Of `log` it keeps
 * `watch` calls; of `init`, `lookup` gives a capability for its port, and
 * `register` accepts one.
 */
struct harbour {
	struct runtime *runtime;
	struct request *kept; /* detached, linked by next */
	unsigned kept_count, cancels, connects, disconnects;
};

extern struct harbour *harbour; /* of the basin that runs */
extern struct basin *basin;

/* Starts the service and the neighbour: the client that keeps the rules. */
void boot(void);

/* Ends all; fails where the service has kept anything of those who left. */
void finish(void);

/* The neighbour asks, and gets the right answer. */
void neighbour_is_served(void);

/* A client without a runtime. */
struct raider {
	struct os *os;
	struct process *process;
	handle_t lane;
	struct os_lane memory;
	uint32_t tail;  /* of the request ring, as published */
	uint32_t taken; /* replies */
};

extern struct raider pirate;

/* boot, and one raider with a lane that works. */
void set_out(void);

void raider_arrive(struct raider *raider);

/* Opens a lane (to `log`), which is accepted. */
void raider_open(struct raider *raider);
void raider_open_protocol(struct raider *raider, const struct protocol *protocol);
void raider_close(struct raider *raider);

/* Dies, in the midst of whatever it does. */
void raider_leave(struct raider *raider);

/* A system call with up to four arguments. */
uint64_t trap(const struct raider *raider, enum system_call call, uint64_t a, uint64_t b, uint64_t c,
              uint64_t d);

/* One of the lane's indices, LANE_REQUEST_TAIL and so on. */
uint32_t *raider_index(const struct raider *raider, uint32_t offset);

/* Writes a request to the place of index `at` without showing it. */
void raider_put(struct raider *raider, uint32_t at, struct message message);

/* Publishes `tail`, and lets the system run. */
void raider_show(struct raider *raider, uint32_t tail);

/* Both, as a good client would. */
void raider_send(struct raider *raider, struct message message);

/* Takes one reply; false where there is none. */
bool raider_take(struct raider *raider, struct message *reply);

/* The one reply there is, for `tag`; returns its status. */
int32_t raider_status(struct raider *raider, uint32_t tag);

void lane_state(const struct raider *raider, struct lane_info *info);

/* The lane was closed for what was done; it is opened anew for the next trial. */
void breach(struct raider *raider);

/* The lane still works, and so does the neighbour's. */
void alive(struct raider *raider);

struct message request(uint16_t op, uint16_t flags, uint32_t tag);

/* A call that fills the range with 0x5a. */
struct message request_read(uint32_t tag, uint32_t offset, uint32_t length);

#endif
