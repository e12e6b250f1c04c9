/*
 * The ext4 server's beginning: the disk is opened and mounted, the protocols
 * `fs` and `block` are served. Where there is no disk, or none that can be mounted,
 * the system goes on without: every call of `fs` is answered with ENODEV.
 *
 * Options (text of the start block):
 *
 *   cache=N    bytes of the block cache, with K, M or G; by default CACHE_SIZE_DEFAULT
 *   write=yes  mounts for writing
 */
#include "ext4.h"

#include <drydock/filesystem.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "node.h"

#define CACHE_SIZE_DEFAULT (16u << 20)
#define CACHE_BLOCK_USUAL  4096u

/* As the vfs server's: a call in flight for each thread in a mount, and large reads as fit the area. */
#define SERVICE_DEPTH 256u
#define SERVICE_AREA  (64u << 20)

static enum error connected(struct connection *connection, void *server)
{
	struct ext4 *ext4 = server;
	struct session *session = session_create(&ext4->locks, &ext4->key, &ext4->sessions);

	connection_set_context(connection, session);
	return session ? E_OK : E_NOMEM;
}

static void reap(void *argument)
{
	node_reap(argument);
}

static void disconnected(struct connection *connection, void *server)
{
	struct ext4 *ext4 = server;

	session_destroy(connection_context(connection));
	/* What only that session held is deleted now; or, without a fiber, with the next that is given back. */
	if (ext4->volume.writable && !list_empty(&ext4->volume.orphans))
		(void)fiber_start(ext4->runtime, reap, ext4);
}

static const struct service_events events = {
	.connected = connected,
	.disconnected = disconnected,
};

/* ---- the end of the system ------------------------------------------------------- */

static void end(void *argument)
{
	struct ext4 *ext4 = argument;

	volume_write_end(&ext4->volume);
	runtime_stop(ext4->runtime, 0);
}

static void received(void *context, const struct receipt *receipt)
{
	struct ext4 *ext4 = context;

	if (receipt->kind != RECEIPT_STOP || ext4->ending)
		return;
	ext4->ending = true;
	/* Without a fiber the journal keeps what was committed. */
	if (fiber_start(ext4->runtime, end, ext4) != E_OK)
		runtime_stop(ext4->runtime, 1);
}

/* ---- the beginning ------------------------------------------------------------------ */

/* Keeps out who cannot guess at which nanosecond the server started: there is no source of randomness. */
static void make_key(struct ext4 *ext4)
{
	const struct hash_key clocks = {runtime_wall_time(ext4->runtime), runtime_time(ext4->runtime)};
	uint64_t material[2] = {runtime_start(ext4->runtime)->process, 0};

	ext4->key.low = hash_bytes(&clocks, material, sizeof(material));
	material[1] = 1;
	ext4->key.high = hash_bytes(&clocks, material, sizeof(material));
}

/* What the options say; false where one makes no sense, and that was logged. */
static bool options_read(struct ext4 *ext4, uint64_t *cache_size, bool *write)
{
	const char *options = runtime_start(ext4->runtime)->options;
	char text[32];

	*cache_size = CACHE_SIZE_DEFAULT;
	*write = false;
	if (string_option(options, "cache", text, sizeof(text)) && !string_to_number(text, cache_size)) {
		log_print(ext4->runtime, LOG_ERROR, "option cache=%s is no number of bytes", text);
		return false;
	}
	if (!string_option(options, "write", text, sizeof(text)))
		return true;
	*write = string_equal(text, "yes");
	if (!*write && !string_equal(text, "no")) {
		log_print(ext4->runtime, LOG_ERROR, "option write=%s is neither yes nor no", text);
		return false;
	}
	return true;
}

/* Mounts the disk, if there is one; what is wrong with it was logged. */
static void mount_disk(struct ext4 *ext4, uint64_t cache_size, bool write)
{
	struct volume *volume = &ext4->volume;
	int32_t status;
	struct disk *disk = disk_open(ext4->runtime, 0, &status);

	if (!disk) {
		log_print(ext4->runtime, LOG_INFO, "Block cache initialized (0 blocks, %u bytes each)",
		          CACHE_BLOCK_USUAL);
		return;
	}
	ext4->disk = disk;
	status = volume_mount(volume, ext4->runtime, disk, cache_size, write);
	if (status) {
		log_print(ext4->runtime, LOG_ERROR, "cannot mount %s: error %d", disk->name, (int)status);
		return;
	}
	log_print(ext4->runtime, LOG_INFO, "Block cache initialized (%u blocks, %u bytes each)",
	          volume->cache.limit, volume->block_size);
	log_print(ext4->runtime, LOG_INFO, "%s mounted%s, %llu blocks of %u bytes", disk->name,
	          volume->writable ? "" : " read-only", (unsigned long long)volume->blocks,
	          volume->block_size);
}

static void ext4_begin(struct runtime *runtime, void *state)
{
	const struct service_limits limits = {.depth = SERVICE_DEPTH, .area = SERVICE_AREA};
	struct ext4 *ext4 = state;
	struct service *service;
	uint64_t cache_size;
	enum error error;
	int32_t status;
	bool write;

	ext4->runtime = runtime;
	list_init(&ext4->sessions);
	lock_init(&ext4->raw_lock);
	make_key(ext4);
	locks_begin(&ext4->locks, runtime, &ext4->key);
	runtime_on_receipt(runtime, received, ext4);
	service = service_create(runtime, ext4, &limits, &events, &error);
	if (!service) {
		log_print(runtime, LOG_ERROR, "cannot allocate a port: error %d", (int)error);
		runtime_stop(runtime, 1);
		return;
	}
	log_print(runtime, LOG_INFO, "Allocated port %llu for ext4",
	          (unsigned long long)service_port_id(service));
	if (!options_read(ext4, &cache_size, &write)) {
		runtime_stop(runtime, 1);
		return;
	}
	mount_disk(ext4, cache_size, write);
	error = filesystem_add(service, &node_handlers);
	if (error != E_OK) {
		log_print(runtime, LOG_ERROR, "cannot serve: error %d", (int)error);
		runtime_stop(runtime, 1);
		return;
	}
	service_add(service, &block_protocol, &raw_handlers);
	log_print(runtime, LOG_INFO, "Waiting for block I/O requests...");
	status = service_register(service);
	if (status) {
		log_print(runtime, LOG_ERROR, "cannot register with init: error %d", (int)status);
		runtime_stop(runtime, 1);
	}
}

extern const struct server_definition ext4_server;

const struct server_definition ext4_server = {
	.name = "ext4",
	.source = "ext4",
	.state_size = sizeof(struct ext4),
	.start = ext4_begin,
};
