/*
 * Generated from block.proto by scripts/protogen; do not edit.
 *
 * The block protocol: a disk's bytes, past whatever file system lies there. Served by the server of the disk;
 * all of it needs the grant `control` (EPERM). ENODEV: there is no disk, or none that can be opened. Offsets
 * and lengths are bytes, multiples of the disk's block_size (EINVAL), within the disk (ENXIO). EIO: the disk
 * failed.
 */
#ifndef DRYDOCK_PROTO_BLOCK_H
#define DRYDOCK_PROTO_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include <drydock/client.h>
#include <drydock/service.h>

/*
 * Client, for each operation; a status is as in <drydock/client.h>:
 *   NAME()             makes the call and waits for it, in a fiber
 *   NAME_prepare()     begins `call` and marshals; suspends while the lane is full. After 0 the caller
 *                      submits it, has it done, finishes it, and ends it; otherwise there is nothing to end.
 *                      A string over its limit is POSIX_ENAMETOOLONG, and nothing is sent
 *   NAME_try_prepare() as NAME_prepare, but -E_WOULD_BLOCK instead of suspending
 *   NAME_finish()      returns the status of a call that is done; on 0 fills in what is not NULL.
 *                      POSIX_EBADMSG: the server's reply is malformed
 * Strings are given with their length and need no terminator. IN data that is NULL is reserved, but
 * left to the caller, who fills `call->in` (behind the strings) before submitting; to lend it with
 * call_lend_in, give length 0. Where OUT data goes there must be room for the capacity named; as many
 * bytes were written as the results say.
 *
 * Server: a handler of the operations table returns 0, a POSIX error, or REQUEST_DETACHED, and then
 * replies later, once, by NAME_reply(). What `arguments` points to is the handler's until it returns:
 * strings are private, checked copies with a terminator and without NUL inside; structures are private
 * copies; IN and OUT bytes are memory shared with the client, who may change it at any time: copy
 * first, then validate. Results, and structures for OUT data, start as zeros and are sent only with
 * status 0. A status below 0, or a length over the capacity, is the handler's mistake: POSIX_EIO.
 */

/* Bits of info.flags. mounted: it is not written but by its file system. */
#define BLOCK_READ_ONLY 1
#define BLOCK_MOUNTED 2

enum block_operation {
	BLOCK_READ = 1,
	BLOCK_WRITE = 2,
	BLOCK_SYNC = 3,
	BLOCK_INFO = 4,
};

/* read (1): At most 1 MiB. What a mounted file system has not written home yet is not there. */
struct block_read_arguments {
	uint64_t offset;
	uint8_t *data; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t data_capacity;
};

struct block_read_results {
	uint32_t data_length; /* bytes written, at most the capacity */
};

int32_t block_read(struct client *client, uint64_t offset, void *data, uint32_t data_capacity,
                   struct block_read_results *results);
int32_t block_read_prepare(struct call *call, struct client *client, uint64_t offset, uint32_t data_capacity);
int32_t block_read_try_prepare(struct call *call, struct client *client, uint64_t offset,
                               uint32_t data_capacity);
int32_t block_read_finish(struct call *call, struct block_read_results *results, void *data);
void block_read_reply(struct request *request, int32_t error, const struct block_read_results *results);

/* write (2): At most 1 MiB. EBUSY: the disk is mounted; EROFS: it cannot be written. */
struct block_write_arguments {
	uint64_t offset;
	const uint8_t *data; /* shared with the client; may be NULL if of length 0 */
	uint32_t data_length;
};

int32_t block_write(struct client *client, uint64_t offset, const void *data, uint32_t data_length);
int32_t block_write_prepare(struct call *call, struct client *client, uint64_t offset, const void *data,
                            uint32_t data_length);
int32_t block_write_try_prepare(struct call *call, struct client *client, uint64_t offset, const void *data,
                                uint32_t data_length);
int32_t block_write_finish(struct call *call);
void block_write_reply(struct request *request, int32_t error);

/* sync (3): What was written is safe once this returns. */
int32_t block_sync(struct client *client);
int32_t block_sync_prepare(struct call *call, struct client *client);
int32_t block_sync_try_prepare(struct call *call, struct client *client);
int32_t block_sync_finish(struct call *call);
void block_sync_reply(struct request *request, int32_t error);

/* info (4) */
struct block_info_results {
	uint64_t size;
	uint32_t block_size;
	uint32_t flags;
};

int32_t block_info(struct client *client, struct block_info_results *results);
int32_t block_info_prepare(struct call *call, struct client *client);
int32_t block_info_try_prepare(struct call *call, struct client *client);
int32_t block_info_finish(struct call *call, struct block_info_results *results);
void block_info_reply(struct request *request, int32_t error, const struct block_info_results *results);

/* The handlers of a server; one that is NULL is answered with POSIX_ENOSYS. */
struct block_operations {
	int32_t (*read)(struct request *request, const struct block_read_arguments *arguments,
	                struct block_read_results *results);
	int32_t (*write)(struct request *request, const struct block_write_arguments *arguments);
	int32_t (*sync)(struct request *request);
	int32_t (*info)(struct request *request, struct block_info_results *results);
};

extern const struct protocol block_protocol;

#endif
