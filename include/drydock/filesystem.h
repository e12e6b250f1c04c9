/*
 * What every server of a file system needs besides the protocol `fs`
 * (docs/FILESYSTEMS.md): a port at which it is served, listing directories, and
 * who may do what: by permission bits, ACLs, and the names of extended attributes.
 */
#ifndef DRYDOCK_FILESYSTEM_H
#define DRYDOCK_FILESYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/acl.h>
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

/* Whether it is `who`'s group, or one of his others. */
bool filesystem_in_group(const struct identity *who, uint32_t gid);

/* Bits of `wanted`, as those of access(2). */
#define FILESYSTEM_EXECUTE 1u /* of a directory: search it */
#define FILESYSTEM_WRITE   2u
#define FILESYSTEM_READ    4u

/* What decides about access to a node. */
struct filesystem_permissions {
	uint32_t mode; /* type and permission bits */
	uint32_t uid;
	uint32_t gid;
	struct acl acl; /* its access ACL; none where it has no entries */
};

/*
 * Whether mode, owner, group and ACL let `who` do all of `wanted`. The superuser
 * may do all but execute what is executable for nobody (path_resolution(7), acl(5)).
 * IDENTITY_CHECKED does not matter here.
 */
bool filesystem_allows(const struct identity *who, const struct filesystem_permissions *permissions,
                       uint32_t wanted);

/* As filesystem_allows, by attributes alone: POSIX_EACCES. An identity with IDENTITY_CHECKED is always allowed. */
int32_t filesystem_check(const struct identity *who, const struct fs_attributes *attributes, uint32_t wanted);

/*
 * Whether `who` may read or write (FILESYSTEM_READ, FILESYSTEM_WRITE) the extended
 * attribute `name` (`length` bytes) of a node, as xattr(7) has it: `user.` is for regular
 * files and directories and goes by their permissions, `trusted.` is root's and hidden from others,
 * `security.` is for all to read and for root to write. Other names, those of
 * ACLs among them, are POSIX_EOPNOTSUPP. POSIX_EACCES, POSIX_EPERM, POSIX_ENODATA: what he may not see;
 * POSIX_ERANGE: no name; POSIX_EINVAL: nothing after the prefix.
 */
int32_t filesystem_xattr_check(const struct identity *who, const struct filesystem_permissions *permissions,
                               const char *name, uint32_t length, uint32_t wanted);

/* Whether none but root may know of an attribute of that name, when all are listed. */
bool filesystem_xattr_is_hidden(const char *name, uint32_t length);

#endif
