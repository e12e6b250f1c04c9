/*
 * POSIX access control lists as acl(5) and POSIX 1003.1e (draft 17, chapter 23)
 * have them: what is one, and how it goes with the permission bits. Pure
 * functions; what an ACL lets people do says filesystem_allows() (drydock/filesystem.h).
 *
 * The form on the wire is that of the extended attributes system.posix_acl_access
 * and system.posix_acl_default on Linux (linux/posix_acl_xattr.h): a version,
 * then entries, little-endian. Entries are kept as they are there.
 */
#ifndef DRYDOCK_ACL_H
#define DRYDOCK_ACL_H

#include <stdbool.h>
#include <stdint.h>

#define ACL_HEADER_SIZE 4u
#define ACL_ENTRIES_MAX 511u /* as many as fit a page with the header: more Linux takes from no FUSE file system */
#define ACL_SIZE_MAX    (ACL_HEADER_SIZE + ACL_ENTRIES_MAX * (uint32_t)sizeof(struct acl_entry))

/* In the order in which entries stand in a valid ACL. */
enum acl_tag {
	ACL_USER_OBJ = 0x01,  /* the owner */
	ACL_USER = 0x02,
	ACL_GROUP_OBJ = 0x04, /* the owning group */
	ACL_GROUP = 0x08,
	ACL_MASK = 0x10,      /* what ACL_USER, ACL_GROUP_OBJ and ACL_GROUP give at most */
	ACL_OTHER = 0x20,
};

#define ACL_NO_ID UINT32_MAX /* the id of entries other than ACL_USER and ACL_GROUP */

struct acl_entry {
	uint16_t tag;         /* enum acl_tag */
	uint16_t permissions; /* 4 to read, 2 to write, 1 to execute */
	uint32_t id;
};

_Static_assert(sizeof(struct acl_entry) == 8, "entries lie in values as they are");

/* Somebody's entries; none of them: there is no ACL. */
struct acl {
	const struct acl_entry *entries;
	uint32_t count;
};

/*
 * Reads the value of such an extended attribute, which may change meanwhile,
 * into `entries` (room for ACL_ENTRIES_MAX); there may be none. POSIX_EINVAL:
 * it is not made of entries; POSIX_EOPNOTSUPP: of an unknown version; POSIX_E2BIG.
 */
int32_t acl_parse(const void *value, uint32_t size, struct acl_entry *entries, uint32_t *count);

/* Whether entries that were read make an ACL; none do, too. */
bool acl_is_valid(const struct acl *acl);

/* Bytes of the value for so many entries, and writing it. */
uint32_t acl_size(uint32_t count);
void acl_format(const struct acl *acl, void *value);

/* The permission bits (00777) that go with a valid ACL. */
uint32_t acl_mode(const struct acl *acl);

/* Whether an ACL says no more than these bits do: it has neither named entries nor a mask. */
bool acl_is_minimal(const struct acl *acl);

/* Makes a valid ACL go with permission bits: what chmod(2) does to it. */
void acl_set_mode(struct acl_entry *entries, uint32_t count, uint32_t mode);

/*
 * Turns a copy of a directory's default ACL into the access ACL of what is made
 * in it with `mode`: neither gives what the other does not.
 */
void acl_inherit(struct acl_entry *entries, uint32_t count, uint32_t mode);

#endif
