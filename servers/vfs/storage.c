/*
 * Memory for tmpfs: memory objects, which another process can map, charged to
 * this one. When the quota is used up the file system is full.
 */
#include <drydock/os.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "vfs.h"

#define MODE_DEFAULT 0755u
#define MODE_BITS    07777u
#define SIZE_MAXIMUM (UINT64_MAX - ARENA_PAGE)
#define ID_MAXIMUM   (UINT32_MAX - 1) /* the last one means "unchanged" in calls */

static int32_t storage_grow(void *context, uint64_t size, void **address)
{
	struct vfs *vfs = context;
	handle_t handle;

	/* The handle stays open as long as the process: the arena never gives a chunk back. */
	if (os_memory_allocate(runtime_os(vfs->runtime), size, MEMORY_SHARED, &handle, address) != E_OK)
		return POSIX_ENOSPC;
	return 0;
}

/* Reads an option up to `maximum`; one that is not there leaves *number as it is. */
static bool option_number(const char *options, const char *key, uint64_t maximum, uint64_t *number)
{
	char text[32];

	if (!string_option(options, key, text, sizeof(text)))
		return true;
	return string_to_number(text, number) && *number <= maximum;
}

static bool option_mode(const char *options, uint32_t *mode)
{
	const char *digit;
	char text[32];

	if (!string_option(options, "mode", text, sizeof(text)))
		return true;
	*mode = 0;
	for (digit = text; *digit >= '0' && *digit <= '7' && *mode <= MODE_BITS; digit++)
		*mode = *mode * 8 + (uint32_t)(*digit - '0');
	return digit != text && *digit == '\0' && *mode <= MODE_BITS;
}

/*
 * Keys for hashing, and where generations start. The system has no source of randomness yet: that they are
 * derived from clocks and process id keeps out only who cannot guess at which
 * nanosecond the server started.
 */
static void make_keys(struct vfs *vfs, struct tmpfs_options *options)
{
	const struct hash_key clocks = {runtime_wall_time(vfs->runtime), runtime_time(vfs->runtime)};
	uint64_t material[2] = {runtime_start(vfs->runtime)->process, 0};
	uint64_t generation;
	uint64_t *const keys[] = {&options->seed[0], &options->seed[1], &vfs->key.low, &vfs->key.high,
	                          &generation};

	for (; material[1] < sizeof(keys) / sizeof(keys[0]); material[1]++)
		*keys[material[1]] = hash_bytes(&clocks, material, sizeof(material));
	options->generation = (uint32_t)(generation >> 33);
}

int32_t storage_open(struct vfs *vfs, const char *text, const char **wrong)
{
	struct tmpfs_options options = {.mode = MODE_DEFAULT};
	uint64_t size = STORAGE_SIZE_DEFAULT;
	uint64_t uid = runtime_start(vfs->runtime)->uid, gid = runtime_start(vfs->runtime)->gid;
	int32_t error;

	*wrong = NULL;
	if (!option_number(text, "size", SIZE_MAXIMUM, &size))
		*wrong = "size";
	size = size ? (size + ARENA_PAGE - 1) / ARENA_PAGE * ARENA_PAGE : UINT64_MAX;
	options.nodes = size / ARENA_PAGE;
	if (!option_number(text, "nr_inodes", UINT64_MAX, &options.nodes))
		*wrong = "nr_inodes";
	if (options.nodes == 0)
		options.nodes = UINT64_MAX;
	if (!option_mode(text, &options.mode))
		*wrong = "mode";
	if (!option_number(text, "uid", ID_MAXIMUM, &uid))
		*wrong = "uid";
	if (!option_number(text, "gid", ID_MAXIMUM, &gid))
		*wrong = "gid";
	if (*wrong)
		return POSIX_EINVAL;
	options.uid = (uint32_t)uid;
	options.gid = (uint32_t)gid;
	make_keys(vfs, &options);
	error = arena_create(&vfs->arena, size, runtime_start(vfs->runtime)->process, storage_grow, vfs);
	if (error)
		return error;
	return tmpfs_format(&vfs->tmpfs, &vfs->arena, &options, vfs_now(vfs));
}
