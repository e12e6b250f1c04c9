/*
 * The ext4 server at work: the real init, log and ext4 in a basin
 * (tests/unit/user/basin.h), over a disk in memory that holds an image, and a
 * test that calls it over lanes from a fiber of its own.
 */
#ifndef DRYDOCK_TESTS_EXT4_PIER_H
#define DRYDOCK_TESTS_EXT4_PIER_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/proto/fs.h>
#include <drydock/server.h>

#include "../dev/memory_disk.h"

struct volume;

/* Who a test calls for. */
enum pier_caller {
	PIER_BRIDGE = 0, /* checks permissions itself, as the FUSE bridge */
	PIER_USER = 1,   /* uid 1000, gid 1000, in no other group */
	PIER_ROOT = 2,
	PIER_CALLERS = 3,
};

/* What a body gets. */
struct pier {
	struct runtime *runtime;
	struct client *client;
	uint32_t actors[PIER_CALLERS];
	struct memory_disk *disk;
};

/*
 * Boots with the content of file `image` as the disk (NULL: without one) and
 * `options` for the server, runs `body` in a fiber, ends all. The test fails where anything of
 * it is left behind. With a `seed` requests of the disk end in no order, and take time.
 */
void pier_run(const char *image, const char *options, uint64_t seed,
              void (*body)(struct pier *pier, void *context), void *context);

/* How a run that writes ends. */
enum pier_end {
	PIER_UNMOUNT, /* as when the system is stopped */
	PIER_CRASH,   /* by a power failure: of what is not durable any part may be lost */
};

/*
 * As pier_run, but the disk can be written, and what is durable in the end
 * becomes the content of the file `image`.
 */
void pier_write(const char *image, const char *options, uint64_t seed, enum pier_end end,
                void (*body)(struct pier *pier, void *context), void *context);

/* Called with the image, when it is in memory and before the system boots; NULL at first. */
extern void (*pier_prepare)(uint8_t *image, uint64_t size);

/* Called with each request of the disk that has ended well; NULL at first. */
extern void (*pier_observe)(const struct disk_request *request);

/* Requests that fail, from before the system boots on; NULL at first: none. */
extern const struct memory_disk_fault *pier_fault;

/* Whether the test is granted control; false at first. */
extern bool pier_control;

/* Bytes that the disk writes whole or not at all; 0 at first: sectors, and of those not even all. */
extern uint32_t pier_whole;

/* What the server holds, for those who have to know what it is about; NULL: it has no disk. */
const struct volume *pier_volume(void);

/* From now on calls are made for this one. */
void pier_call_as(struct pier *pier, enum pier_caller caller);

/* Lets so much time pass that all that was logged is on the console. */
void pier_settle(struct pier *pier);

/* What was logged so far. */
const char *pier_console(void);

/* Looks `name` up in node `directory`; the reference stays with the session. */
int32_t pier_look(struct pier *pier, uint64_t directory, const char *name, struct fs_attributes *found);

/*
 * Reads a whole file in pieces of `piece` bytes; to be freed. The test fails
 * where it cannot be read to its end.
 */
uint8_t *pier_read(struct pier *pier, const struct fs_attributes *file, uint32_t piece);

#endif
