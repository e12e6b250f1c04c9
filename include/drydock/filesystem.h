/*
 * What every server of a file system needs besides the protocol `fs`
 * (docs/FILESYSTEMS.md): a port at which it is served, listing directories, and
 * the permission bits.
 */
#ifndef DRYDOCK_FILESYSTEM_H
#define DRYDOCK_FILESYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/proto/fs.h>
#include <drydock/server.h>

/*
 * Serves `operations` at `service`, and tickets besides (fs.proto), by which
 * clients of vfs read and write files that they have opened straight here, with
 * this server's own `read` and `write`. Instead of service_add, and before it is
 * registered. E_NOMEM.
 */
enum error filesystem_add(struct service *service, const struct fs_operations *operations);

/*
 * Serves `operations` at a new port, to lanes as large as vfs and the FUSE
 * bridge open, and registers with init. `server` becomes request->server;
 * `events` may be NULL, as for service_create. Suspends. Returns 0 or a call's
 * status (drydock/client.h), and then the server had better end.
 */
int32_t filesystem_serve(struct runtime *runtime, void *server, const struct fs_operations *operations,
                         const struct service_events *events);

/* A reply to readdir being filled. */
struct filesystem_entries {
	uint8_t *buffer;
	uint32_t capacity; /* bytes */
	uint32_t length;   /* of it filled: the reply's entries_length */
	bool full;         /* an entry found no room */
};

/*
 * Adds an entry: `name` is `length` bytes (1 to 255), of `mode` the type bits
 * count, and a readdir from `cookie` goes on after it. False where there is no
 * room: the reply ends before it.
 */
bool filesystem_entry_add(struct filesystem_entries *entries, uint64_t node, uint64_t cookie, uint32_t mode,
                          const char *name, uint32_t length);

/* What readdir is to return: 0, or POSIX_EINVAL where not even the first entry found room. */
int32_t filesystem_entries_end(const struct filesystem_entries *entries);

/*
 * Whether mode, owner and group let `who` do all of `wanted`, bits as those of
 * access(2): 4 to read, 2 to write, 1 to execute or search. The superuser may
 * do all but execute what is executable for nobody (path_resolution(7)).
 * POSIX_EACCES. An identity with IDENTITY_CHECKED is always allowed.
 */
int32_t filesystem_check(const struct identity *who, const struct fs_attributes *attributes, uint32_t wanted);

#endif
