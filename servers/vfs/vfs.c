/*
 * The vfs server's beginning: tmpfs is made, and both protocols are served at
 * one port.
 */
#include "vfs.h"

#include <drydock/filesystem.h>
#include <drydock/posix.h>

#include "device.h"
#include "handlers.h"
#include "mount.h"
#include "session.h"
#include "view.h"

#define NANOSECONDS_PER_SECOND 1000000000u

/*
 * What a client may ask for, and pays for. The bridge has a call in flight for
 * each thread that waits in the mount, and as many large reads and writes as
 * fit the area; the area also bounds how long one call can keep the others
 * waiting, for it is copied without a pause.
 */
#define SERVICE_DEPTH 256u
#define SERVICE_AREA  (64u << 20)

struct tmpfs_time vfs_now(const struct vfs *vfs)
{
	uint64_t now = runtime_wall_time(vfs->runtime);

	return (struct tmpfs_time){
		.seconds = (int64_t)(now / NANOSECONDS_PER_SECOND),
		.nanoseconds = (uint32_t)(now % NANOSECONDS_PER_SECOND),
	};
}

int32_t caller_find(const struct request *request, struct caller *caller)
{
	caller->vfs = request->server;
	caller->session = connection_context(request->connection);
	caller->who = request_identity(request);
	return caller->who ? 0 : POSIX_EINVAL;
}

static enum error connected(struct connection *connection, void *server)
{
	struct session *session = session_create(server);

	connection_set_context(connection, session);
	return session ? E_OK : E_NOMEM;
}

static void disconnected(struct connection *connection, void *server)
{
	(void)server;
	session_destroy(connection_context(connection));
}

static const struct service_events events = {
	.connected = connected,
	.disconnected = disconnected,
};

static bool mount_tmpfs(struct vfs *vfs)
{
	const char *wrong;
	int32_t error = storage_open(vfs, runtime_start(vfs->runtime)->options, &wrong);

	if (wrong)
		log_print(vfs->runtime, LOG_ERROR, "cannot mount tmpfs: option %s= is wrong", wrong);
	else if (error)
		log_print(vfs->runtime, LOG_ERROR, "cannot mount tmpfs: error %d", (int)error);
	else
		log_print(vfs->runtime, LOG_INFO, "tmpfs mounted at /");
	return !error;
}

static bool prepare_devices(struct vfs *vfs)
{
	int32_t error = devices_make(vfs, runtime_start(vfs->runtime)->options);

	if (error)
		log_print(vfs->runtime, LOG_ERROR, "cannot make the nodes of option devices=: error %d", (int)error);
	return !error;
}

static bool prepare_views(struct vfs *vfs)
{
	int32_t error = views_make(vfs, runtime_start(vfs->runtime)->options);

	if (error == POSIX_EPERM)
		log_print(vfs->runtime, LOG_ERROR,
		          "option processes= needs the authority to inspect; see the manifest");
	else if (error)
		log_print(vfs->runtime, LOG_ERROR, "cannot make the files of option processes=: error %d",
		          (int)error);
	return !error;
}

static bool prepare_mounts(struct vfs *vfs)
{
	int32_t error = mounts_open(vfs, runtime_start(vfs->runtime)->options);

	if (error)
		log_print(vfs->runtime, LOG_ERROR, "cannot prepare mounts: error %d", (int)error);
	return !error;
}

static void vfs_begin(struct runtime *runtime, void *state)
{
	const struct service_limits limits = {.depth = SERVICE_DEPTH, .area = SERVICE_AREA};
	struct vfs *vfs = state;
	struct service *service;
	enum error error;
	int32_t status;

	vfs->runtime = runtime;
	list_init(&vfs->watches);
	service = service_create(runtime, vfs, &limits, &events, &error);
	if (!service) {
		log_print(runtime, LOG_ERROR, "cannot allocate a port: error %d", (int)error);
		runtime_stop(runtime, 1);
		return;
	}
	log_print(runtime, LOG_INFO, "Allocated port %llu for VFS",
	          (unsigned long long)service_port_id(service));
	if (!mount_tmpfs(vfs) || !prepare_devices(vfs) || !prepare_views(vfs) || !prepare_mounts(vfs)) {
		runtime_stop(runtime, 1);
		return;
	}
	locks_begin(&vfs->locks, runtime, &vfs->key);
	service_add(service, &vfs_protocol, &path_handlers);
	error = filesystem_add(service, &node_handlers);
	if (error != E_OK) {
		log_print(runtime, LOG_ERROR, "cannot serve: error %d", (int)error);
		runtime_stop(runtime, 1);
		return;
	}
	/* Said first: once it is registered, the next server's lines may follow. */
	log_print(runtime, LOG_INFO, "Ready for file operations");
	status = service_register(service);
	if (status) {
		log_print(runtime, LOG_ERROR, "cannot register with init: error %d", (int)status);
		runtime_stop(runtime, 1);
		return;
	}
	mounts_connect(vfs);
}

extern const struct server_definition vfs_server;

const struct server_definition vfs_server = {
	.name = "vfs",
	.source = "vfs",
	.state_size = sizeof(struct vfs),
	.start = vfs_begin,
};
