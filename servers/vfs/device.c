/* Devices that are memory: see device.h. */
#include "device.h"

#include <drydock/posix.h>
#include <drydock/string.h>

#include "mount.h"
#include "node.h"

#define DEVICE(major, minor) ((major) << 8 | (minor))

#define CONSOLE_MAXIMUM 2048u /* bytes that are printed at once */

enum device_number {
	DEVICE_NULL = DEVICE(1, 3),
	DEVICE_ZERO = DEVICE(1, 5),
	DEVICE_FULL = DEVICE(1, 7),
	DEVICE_RANDOM = DEVICE(1, 8),
	DEVICE_CONSOLE = DEVICE(5, 1),
};

static const struct device_name {
	const char *name;
	uint32_t device, mode;
} names[] = {
	{"null", DEVICE_NULL, 0666},     {"zero", DEVICE_ZERO, 0666},       {"full", DEVICE_FULL, 0666},
	{"random", DEVICE_RANDOM, 0666}, {"console", DEVICE_CONSOLE, 0600},
};

/* ---- randomness ---------------------------------------------------------------- */

static bool has_randomness(const struct vfs *vfs)
{
	static const uint8_t none[START_RANDOM_SIZE];

	return memcmp(runtime_start(vfs->runtime)->random, none, sizeof(none)) != 0;
}

/*
 * SipHash-2-4 is a pseudorandom function (Aumasson and Bernstein, 2012, section 5),
 * so that it makes of a key and a counter a stream that nobody can tell from random.
 * Each reader's key is forgotten with the last of his bytes, so that who reads this memory
 * afterwards does not learn them (Bernstein, "Fast-key-erasure random-number generators", 2017).
 */
static void random_fill(struct vfs *vfs, uint8_t *to, uint32_t length)
{
	const struct hash_key key = vfs->random;
	uint64_t counter = 0, part;

	vfs->random.low = hash_bytes(&key, &counter, sizeof(counter));
	counter++;
	vfs->random.high = hash_bytes(&key, &counter, sizeof(counter));
	for (uint32_t at = 0; at < length; at += (uint32_t)sizeof(part)) {
		counter++;
		part = hash_bytes(&key, &counter, sizeof(counter));
		memcpy(to + at, &part, length - at < sizeof(part) ? length - at : sizeof(part));
	}
}

/* The first key, which nothing else that is made of the process's random bytes has. */
static void random_begin(struct vfs *vfs)
{
	static const char purpose[] = "the device random";
	struct hash_key start;

	memcpy(&start, runtime_start(vfs->runtime)->random, sizeof(start));
	vfs->random.low = hash_bytes(&start, purpose, sizeof(purpose));
	vfs->random.high = hash_bytes(&start, purpose, sizeof(purpose) - 1);
}

/* ---- what is done with devices --------------------------------------------------- */

static bool device_has(const struct vfs *vfs, uint32_t device)
{
	switch (device) {
	case DEVICE_NULL:
	case DEVICE_ZERO:
	case DEVICE_FULL:
		return true;
	case DEVICE_RANDOM:
		return has_randomness(vfs);
	case DEVICE_CONSOLE:
		return runtime_grant(vfs->runtime, "console") != 0;
	}
	return false;
}

bool device_served(const struct vfs *vfs, const struct tmpfs_attributes *attributes)
{
	return attributes_type_is(attributes, POSIX_S_IFCHR) && device_has(vfs, attributes->device);
}

int32_t device_read(struct vfs *vfs, uint32_t device, void *buffer, uint32_t length, uint32_t *done)
{
	*done = 0;
	if (length > NODE_TRANSFER_MAXIMUM)
		length = NODE_TRANSFER_MAXIMUM;
	if (device == DEVICE_NULL || device == DEVICE_CONSOLE)
		return 0;
	if (device == DEVICE_RANDOM)
		random_fill(vfs, buffer, length);
	else
		memset(buffer, 0, length);
	*done = length;
	return 0;
}

static int32_t console_write(const struct vfs *vfs, const void *data, uint32_t length, uint32_t *done)
{
	uint8_t text[CONSOLE_MAXIMUM];
	uint64_t result;

	/* What is the client's may change meanwhile. */
	*done = length < sizeof(text) ? length : (uint32_t)sizeof(text);
	memcpy(text, data, *done);
	result = runtime_trap_data(vfs->runtime, SYS_CONSOLE, runtime_grant(vfs->runtime, "console"), 0, text,
	                           *done);
	return result_is_error(result) ? POSIX_EIO : 0;
}

int32_t device_write(const struct vfs *vfs, uint32_t device, const void *data, uint32_t length,
                     uint32_t *done)
{
	*done = 0;
	if (length == 0)
		return 0;
	if (device == DEVICE_FULL)
		return POSIX_ENOSPC;
	if (device == DEVICE_CONSOLE)
		return console_write(vfs, data, length, done);
	*done = length;
	return 0;
}

int32_t device_seek(uint32_t device)
{
	return device == DEVICE_CONSOLE ? POSIX_ESPIPE : 0;
}

int32_t devices_make(struct vfs *vfs, const char *options)
{
	const struct start_block *start = runtime_start(vfs->runtime);
	struct tmpfs_attributes made;
	char path[MANIFEST_PATH_SIZE];
	uint64_t directory;
	int32_t error;

	random_begin(vfs);
	if (!string_option(options, "devices", path, sizeof(path)))
		return 0;
	error = point_make(vfs, path, &directory);
	for (size_t i = 0; !error && i < sizeof(names) / sizeof(names[0]); i++) {
		const struct tmpfs_creation creation = {.mode = POSIX_S_IFCHR | names[i].mode,
		                                        .uid = start->uid,
		                                        .gid = start->gid,
		                                        .device = names[i].device};

		if (!device_has(vfs, names[i].device))
			continue;
		error = tmpfs_create(&vfs->tmpfs, directory, names[i].name,
		                     (uint32_t)string_length(names[i].name), &creation, vfs_now(vfs), &made);
		if (!error)
			tmpfs_forget(&vfs->tmpfs, made.node, 1);
	}
	if (!error)
		tmpfs_forget(&vfs->tmpfs, directory, 1);
	return error;
}
