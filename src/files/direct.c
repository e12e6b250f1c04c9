/*
 * Files of other servers than vfs, read and written there (docs/FILES.md, "Other
 * servers"). What is known of them lies beside the client of vfs: a lane to each
 * server, made when its first file is opened, and a table of the open files, by
 * the numbers that vfs gave them.
 */
#include "internal.h"

#include <drydock/abi/manifest.h>
#include <drydock/proto/fs.h>

#define LANE_DEPTH       64u
#define LANE_AREA        (4u << 20)
#define CAPACITY_MINIMUM 16u
#define FILES_MAXIMUM    65536u /* vfs gives no larger numbers */

/* The server of one mount. */
struct near_server {
	struct client *client; /* NULL: not connected yet */
	bool connecting;       /* a fiber does; files that others open meanwhile go by way of vfs */
	bool refused;          /* this process may not call it, or it has no tickets */
};

struct companion {
	struct runtime *runtime;
	struct near_server servers[MANIFEST_MOUNTS];
	struct direct_file *files; /* by vfs's number */
	uint32_t capacity;
	uint64_t serial; /* of the latest that was opened */
	uint32_t users;  /* fibers that connect: it is not freed under them */
	bool closed;
};

/* ---- beside the client ------------------------------------------------------ */

static void companion_free(struct companion *companion)
{
	runtime_free(companion->runtime, companion->files);
	runtime_free(companion->runtime, companion);
}

static void companion_end(void *context)
{
	struct companion *companion = context;

	companion->closed = true;
	for (uint32_t at = 0; at < MANIFEST_MOUNTS; at++) {
		if (companion->servers[at].client)
			client_close(companion->servers[at].client);
	}
	if (companion->users == 0)
		companion_free(companion);
}

static struct companion *companion_of(struct client *client)
{
	struct companion *companion = client_companion(client);

	if (companion)
		return companion;
	companion = runtime_allocate(client_runtime(client), sizeof(*companion));
	if (!companion)
		return NULL;
	companion->runtime = client_runtime(client);
	client_set_companion(client, companion, companion_end);
	return companion;
}

/* Makes room for a file with that number. */
static bool reserve(struct companion *companion, uint32_t number)
{
	uint32_t capacity = companion->capacity ? companion->capacity : CAPACITY_MINIMUM;
	struct direct_file *larger;

	if (number < companion->capacity)
		return true;
	if (number >= FILES_MAXIMUM)
		return false;
	while (capacity <= number)
		capacity *= 2;
	larger = runtime_allocate(companion->runtime, capacity * sizeof(*larger));
	if (!larger)
		return false;
	if (companion->capacity > 0)
		memcpy(larger, companion->files, companion->capacity * sizeof(*larger));
	runtime_free(companion->runtime, companion->files);
	companion->files = larger;
	companion->capacity = capacity;
	return true;
}

/* ---- opening ------------------------------------------------------------------ */

/* Connects the server called `name`, if nobody does already. */
static void connect(struct companion *companion, struct near_server *server, const char *name)
{
	static const struct client_options options = {.depth = LANE_DEPTH, .area = LANE_AREA};
	struct client *client;
	int32_t status;

	if (server->client || server->connecting)
		return;
	server->connecting = true;
	client = client_open(companion->runtime, name, &fs_protocol, &options, &status);
	server->connecting = false;
	server->refused = !client && status != -E_PEER_DEAD;
	if (client && companion->closed)
		client_close(client);
	else
		server->client = client;
}

/* Asks vfs who serves the file, and for a ticket. */
static int32_t hand_over(const struct file *file, char *name, struct vfs_hand_over_results *results)
{
	struct call call;
	int32_t status = file_call_run(
		file, &call, vfs_hand_over_prepare(&call, file->client, file->number, NAME_SIZE - 1));

	if (!status) {
		status = vfs_hand_over_finish(&call, results, name);
		call_end(&call);
	}
	name[status ? 0 : results->service_length] = '\0';
	return status;
}

/* All that suspends; afterwards *direct is good, if the result is true and the client was not closed. */
static bool exchange(struct companion *companion, const struct file *file, struct near_server *server,
                     struct direct_file *direct)
{
	struct vfs_hand_over_results offer = {0};
	char name[NAME_SIZE];
	int32_t status = hand_over(file, name, &offer);

	if (status == POSIX_ENOSYS)
		server->refused = true;
	if (status || companion->closed)
		return false;
	connect(companion, server, name);
	if (!server->client || companion->closed)
		return false;
	if (fs_redeem_ticket(server->client, offer.ticket, offer.secret) != 0 || companion->closed)
		return false;
	*direct = (struct direct_file){
		.ticket = offer.ticket,
		.generation = client_generation(server->client),
		.server = server->client,
	};
	return true;
}

/* Whatever fails here leaves the file as vfs has opened it. */
void direct_open(struct file *file, uint32_t mount)
{
	struct companion *companion = companion_of(file->client);
	struct direct_file direct;
	bool exchanged;

	if (!companion || mount > MANIFEST_MOUNTS || companion->servers[mount - 1].refused)
		return;
	companion->users++;
	exchanged = exchange(companion, file, &companion->servers[mount - 1], &direct);
	companion->users--;
	if (companion->closed) {
		if (companion->users == 0)
			companion_free(companion);
		return;
	}
	if (!exchanged || client_generation(file->client) != file->generation || !reserve(companion, file->number))
		return;
	direct.serial = ++companion->serial;
	companion->files[file->number] = direct;
	file->direct = direct.serial;
}

/* The place of an open file; NULL: it was closed. */
static struct direct_file *place_of(const struct file *file)
{
	struct companion *companion = client_companion(file->client);

	if (!companion || file->number >= companion->capacity ||
	    companion->files[file->number].serial != file->direct)
		return NULL;
	return &companion->files[file->number];
}

void direct_close(const struct file *file)
{
	struct direct_file *place = place_of(file);

	if (place)
		*place = (struct direct_file){0};
}

/* ---- reading and writing ----------------------------------------------------------- */

static bool connected(const struct direct_file *direct)
{
	return client_connected(direct->server) && client_generation(direct->server) == direct->generation;
}

int32_t direct_find(const struct file *file, struct direct_file *found)
{
	const struct direct_file *place;

	*found = (struct direct_file){0};
	if (client_generation(file->client) != file->generation)
		return POSIX_ESTALE;
	place = place_of(file);
	if (!place)
		return POSIX_EBADF;
	*found = *place;
	/* No call is made that would only connect anew: nothing would be known of the file there. */
	return connected(found) ? 0 : POSIX_ESTALE;
}

int32_t direct_call_run(const struct direct_file *direct, struct call *call, int32_t prepared)
{
	if (prepared)
		return prepared;
	if (!connected(direct)) {
		call_end(call);
		return POSIX_ESTALE;
	}
	call_run(call);
	return 0;
}

int32_t direct_range(const struct direct_file *direct, uint64_t offset, uint32_t length, uint64_t *from)
{
	*from = offset == VFS_POSITION ? direct->position : offset;
	return *from <= INT64_MAX && length <= INT64_MAX - *from ? 0 : POSIX_EINVAL;
}

void direct_move(const struct file *file, uint64_t position)
{
	struct direct_file *place = place_of(file);

	if (place)
		place->position = position;
}

int32_t direct_read(const struct file *file, void *buffer, uint32_t length, uint64_t offset, uint32_t *done)
{
	struct fs_read_opened_results results = {0};
	struct direct_file direct;
	struct call call;
	uint64_t from;
	int32_t status = direct_find(file, &direct);

	if (!status)
		status = direct_range(&direct, offset, length, &from);
	if (!status)
		status = direct_call_run(&direct, &call,
		                         fs_read_opened_prepare(&call, direct.server, direct.ticket, from,
		                                                length));
	if (!status) {
		status = fs_read_opened_finish(&call, &results, buffer);
		call_end(&call);
	}
	*done = results.data_length;
	if (!status && offset == VFS_POSITION)
		direct_move(file, from + *done);
	return status;
}

int32_t direct_write(const struct file *file, const void *data, uint32_t length, uint64_t offset, uint32_t *done)
{
	struct fs_write_opened_results results = {0};
	struct direct_file direct;
	struct call call;
	uint64_t from;
	int32_t status = direct_find(file, &direct);

	if (!status)
		status = direct_range(&direct, offset, length, &from);
	if (!status)
		status = direct_call_run(&direct, &call,
		                         fs_write_opened_prepare(&call, direct.server, direct.ticket, from, data,
		                                                 length));
	if (!status) {
		status = fs_write_opened_finish(&call, &results);
		call_end(&call);
	}
	*done = results.length;
	if (!status && results.length > length)
		status = POSIX_EBADMSG;
	if (!status && offset == VFS_POSITION && results.length > 0)
		direct_move(file, results.offset + results.length);
	return status;
}

/* ---- positions ------------------------------------------------------------------------ */

int32_t direct_seek(const struct file *file, int64_t *offset, uint32_t *whence)
{
	struct direct_file direct;
	int32_t status = direct_find(file, &direct);

	if (status || *whence != VFS_SEEK_CURRENT)
		return status;
	*whence = VFS_SEEK_SET;
	return __builtin_add_overflow((int64_t)direct.position, *offset, offset) ? POSIX_EINVAL : 0;
}

int32_t direct_take_position(const struct file *file, uint64_t *offset, bool *taken)
{
	struct direct_file direct;
	int32_t status;

	*taken = file->direct != 0 && *offset == VFS_POSITION;
	if (!*taken)
		return 0;
	status = direct_find(file, &direct);
	*offset = direct.position;
	return status;
}
