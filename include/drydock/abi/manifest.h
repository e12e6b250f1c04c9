/*
 * The system's description as init and the kernel's host are given it: one
 * flat, read-only memory object, made by a tool from the manifest that a
 * person writes (docs/MANIFEST.md). The tool has checked it: names are unique
 * and NUL-terminated, indices are in range, calls between servers form no
 * cycle. Readers check it again only as far as their own safety needs.
 */
#ifndef DRYDOCK_ABI_MANIFEST_H
#define DRYDOCK_ABI_MANIFEST_H

#include <stdint.h>

#include <drydock/abi/sys.h>

#define MANIFEST_MAGIC    0x3154534546494e4dull /* "MNIFEST1" */
#define MANIFEST_VERSION  2
#define MANIFEST_SERVICES 32
#define MANIFEST_ROLES    16
#define MANIFEST_CALLS    32
#define MANIFEST_MOUNTS   8
#define MANIFEST_PATH_SIZE 128 /* bytes of a mount's path, with its NUL */

/* Whom one may call. */
struct manifest_call {
	uint32_t service; /* index into services */
	uint32_t flags;   /* CALL_*, which become bits of the badge */
};

/* Flags of a call: rights that the called server sees in the badge. */
#define CALL_IMPERSONATE 1u /* may register actors with other uids */
#define CALL_CONTROL     2u /* may change policy: scheduler set, init restart; may use a disk itself */

/*
 * Badge of a SEND capability that init hands out: {caller:32, flags:32}, the
 * flags in the low half. A caller is a service's index, or a role's + BADGE_ROLE.
 */
#define BADGE_ROLE 0x10000u

static inline uint64_t badge_make(uint32_t caller, uint32_t flags)
{
	return (uint64_t)caller << 32 | flags;
}

static inline uint32_t badge_caller(uint64_t badge)
{
	return (uint32_t)(badge >> 32);
}

static inline uint32_t badge_flags(uint64_t badge)
{
	return (uint32_t)badge;
}

enum restart_policy {
	RESTART_ALWAYS = 0, /* at once, then with a growing delay */
	RESTART_NEVER = 1,
};

#define AUTHORITY_BIT(authority) (1u << (authority))

struct manifest_service {
	char name[NAME_SIZE];
	char image[NAME_SIZE];
	char options[SPAWN_OPTIONS_SIZE];
	uint32_t number;
	uint32_t priority;
	uint32_t restart;     /* enum restart_policy */
	uint32_t authorities; /* AUTHORITY_BIT of each */
	struct quota quota;
	uint32_t call_count;
	uint32_t reserved;
	struct manifest_call calls[MANIFEST_CALLS];
};

/* What a guest may be. */
struct manifest_role {
	char name[NAME_SIZE];
	uint32_t authorities;
	uint32_t call_count;
	struct quota quota;
	struct manifest_call calls[MANIFEST_CALLS];
};

/* Flags of a mount. */
#define MOUNT_READ_ONLY 1u
#define MOUNT_NO_EXEC   2u
#define MOUNT_NO_SUID   4u
#define MOUNT_NO_ATIME  8u

/*
 * A file system in the name space, which the service MANIFEST_VFS composes. The
 * tool that makes manifests adds its service, with CALL_IMPERSONATE, to the
 * calls of that service and of the role MANIFEST_FUSE. init tells vfs of it at
 * the end of its options: mount=PATH:SERVICE, and `:ro` after it.
 */
#define MANIFEST_VFS  "vfs"
#define MANIFEST_FUSE "fuse"

struct manifest_mount {
	char path[MANIFEST_PATH_SIZE]; /* absolute, without `.`, `..`, a slash at the end or two together */
	uint32_t service;              /* index into services */
	uint32_t flags;                /* MOUNT_* */
};

struct manifest {
	uint64_t magic;
	uint32_t version;
	uint32_t size; /* bytes of this structure */
	uint32_t service_count; /* in the order they start */
	uint32_t role_count;
	struct manifest_service services[MANIFEST_SERVICES];
	struct manifest_role roles[MANIFEST_ROLES];
	uint32_t mount_count;
	uint32_t reserved;
	struct manifest_mount mounts[MANIFEST_MOUNTS];
};

#endif
