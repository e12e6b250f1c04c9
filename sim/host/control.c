/*
 * The control socket: what people and commands ask of a running instance. One
 * JSON object a packet each way (sim/user/control.h is the other end).
 *
 *   {"command":"attach","role":R,"name":N}   the socket becomes the descriptor socket of a guest
 *   {"command":"ps"|"ports"|"lanes","cursor":C}  {"records":[…],"next":C}, next 0 at the end
 *   {"command":"info"}                       the instance, its images, mounts and placement
 *   {"command":"mount","directory":D,"options":O}   answered when it is mounted
 *   {"command":"umount","directory":D}       {"detached":true} where it was in use
 *   {"command":"stop"}                       answered when all is down; "detached" lists such mounts
 *
 * Requests come from the owner's programs or root's, and are checked as if
 * they came from anybody.
 */
#include "machine.h"

#include "sim/user/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_MAXIMUM 128u
#define ERROR_TEXT_SIZE 1024

struct control_client {
	struct list link; /* in machine->clients */
	struct machine *machine;
	int socket;
	bool waiting; /* for an answer that comes later: nothing is read meanwhile */
	ev_io watcher;
};

/* ---- answers ------------------------------------------------------------------ */

static void client_free(struct control_client *client)
{
	struct machine *machine = client->machine;

	mount_client_gone(machine, client);
	if (machine->stopper == client)
		machine->stopper = NULL;
	ev_io_stop(machine->loop, &client->watcher);
	list_remove(&client->link);
	close(client->socket);
	free(client);
}

cJSON *control_error(const char *format, ...)
{
	cJSON *reply = cJSON_CreateObject();
	char text[ERROR_TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	cJSON_AddBoolToObject(reply, "ok", false);
	cJSON_AddStringToObject(reply, "error", text);
	return reply;
}

/* False: the client cannot be told. */
static bool send_reply(struct control_client *client, cJSON *reply)
{
	char *text = cJSON_PrintUnformatted(reply);
	bool sent;

	cJSON_Delete(reply);
	/* Nobody is waited for: who does not read loses the answer. */
	sent = text != NULL &&
	       send(client->socket, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)strlen(text);
	cJSON_free(text);
	return sent;
}

void control_reply(struct control_client *client, cJSON *reply)
{
	if (client == NULL) {
		cJSON_Delete(reply);
		return;
	}
	client->waiting = false;
	send_reply(client, reply);
}

void control_wait(struct control_client *client)
{
	client->waiting = true;
}

/* ---- commands ------------------------------------------------------------------ */

static const char *text_of(const cJSON *request, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(request, name);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

static cJSON *command_list(struct control_client *client, const cJSON *request, enum inspect what)
{
	const cJSON *cursor = cJSON_GetObjectItemCaseSensitive(request, "cursor");
	double value = cJSON_IsNumber(cursor) ? cursor->valuedouble : 0;

	if (!(value >= 0 && value < 9007199254740992.0)) /* 2^53: exact in a double */
		return control_error("'cursor' is what the last answer gave as 'next'");
	return report_list(client->machine, what, (uint64_t)value);
}

static cJSON *command_mount(struct control_client *client, const cJSON *request)
{
	const char *directory = text_of(request, "directory"), *options = text_of(request, "options");
	char error[ERROR_TEXT_SIZE];

	if (directory == NULL || directory[0] != '/')
		return control_error("'mount' needs 'directory', an absolute path");
	if (client->machine->stopping)
		return control_error("the instance is being stopped");
	if (!mount_start(client->machine, directory, options, client, error, sizeof(error)))
		return control_error("%s", error);
	return NULL;
}

static cJSON *command_umount(struct control_client *client, const cJSON *request)
{
	const char *directory = text_of(request, "directory");
	char error[ERROR_TEXT_SIZE];

	if (directory == NULL || directory[0] != '/')
		return control_error("'umount' needs 'directory', an absolute path");
	if (!mount_end(client->machine, directory, client, error, sizeof(error)))
		return control_error("%s", error);
	return NULL;
}

static cJSON *command_stop(struct control_client *client)
{
	if (client->machine->stopping)
		return control_error("the instance is being stopped already");
	client->machine->stopper = client;
	control_wait(client);
	machine_stop(client->machine, NULL);
	return NULL;
}

/* ---- guests ------------------------------------------------------------------- */

static bool find_role(const struct manifest *manifest, const char *name, uint32_t *role)
{
	for (*role = 0; *role < manifest->role_count && *role < MANIFEST_ROLES; ++*role) {
		if (strncmp(manifest->roles[*role].name, name, NAME_SIZE) == 0)
			return true;
	}
	return false;
}

static bool peer_credentials(int socket, struct credentials *credentials, pid_t *pid)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	gid_t groups[LANE_GROUPS_MAXIMUM];

	memset(credentials, 0, sizeof(*credentials));
	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	credentials->uid = peer.uid;
	credentials->gid = peer.gid;
	*pid = peer.pid;
	size = sizeof(groups);
	/* With more groups than fit, none: fewer rights than it has, never more. */
	if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0) {
		for (size_t i = 0; i < size / sizeof(gid_t); i++)
			credentials->groups[credentials->group_count++] = groups[i];
	}
	return true;
}

static cJSON *attach_error(enum error error)
{
	switch (error) {
	case E_QUOTA:
		return control_error("the instance has no more to give: end another guest first, "
		                     "or raise the role's quota in the manifest");
	case E_NOMEM:
		return control_error("the host has no memory or descriptors left");
	default:
		return control_error("the kernel refused (error %d)", error);
	}
}

/* NULL: the client has become a guest and is gone. */
static cJSON *command_attach(struct control_client *client, const cJSON *request)
{
	struct machine *machine = client->machine;
	const char *role_name = text_of(request, "role"), *name = text_of(request, "name");
	struct credentials credentials;
	struct process *process;
	cJSON *reply;
	uint32_t role;
	enum error error;
	pid_t pid;

	if (role_name == NULL || name == NULL || name[0] == '\0' || strlen(name) >= NAME_SIZE)
		return control_error("'attach' needs 'role' and 'name' (1 to %d bytes)", NAME_SIZE - 1);
	if (!find_role(machine->options->manifest, role_name, &role))
		return control_error("the manifest has no role '%s' for guests; add a [role] to it",
		                     role_name);
	if (machine->stopping)
		return control_error("the instance is being stopped");
	if (!peer_credentials(client->socket, &credentials, &pid))
		return control_error("cannot tell who asks");
	machine->arrival.socket = fcntl(client->socket, F_DUPFD_CLOEXEC, 0);
	machine->arrival.pid = pid;
	if (machine->arrival.socket < 0)
		return attach_error(E_NOMEM);
	error = kernel_attach_guest(machine->kernel, role, name, &credentials, &process);
	descriptor_close(&machine->arrival.socket);
	if (error != E_OK)
		return attach_error(error);
	reply = cJSON_CreateObject();
	cJSON_AddBoolToObject(reply, "ok", true);
	process_watch(process->machine, pid);
	if (!send_reply(client, reply) || !process_announce(process->machine))
		platform_process_kill(machine, process);
	client_free(client);
	return NULL;
}

/* ---- requests ------------------------------------------------------------------- */

/* NULL: answered, or to be answered later. */
static cJSON *run_command(struct control_client *client, const cJSON *request)
{
	const char *command = text_of(request, "command");

	if (command == NULL)
		return control_error("a request is a JSON object with a 'command'");
	if (strcmp(command, "attach") == 0)
		return command_attach(client, request);
	if (strcmp(command, "ps") == 0)
		return command_list(client, request, INSPECT_PROCESSES);
	if (strcmp(command, "ports") == 0)
		return command_list(client, request, INSPECT_PORTS);
	if (strcmp(command, "lanes") == 0)
		return command_list(client, request, INSPECT_LANES);
	if (strcmp(command, "info") == 0)
		return report_instance(client->machine);
	if (strcmp(command, "mount") == 0)
		return command_mount(client, request);
	if (strcmp(command, "umount") == 0)
		return command_umount(client, request);
	if (strcmp(command, "stop") == 0)
		return command_stop(client);
	return control_error(
		"there is no command '%.64s'; there are: attach ps ports lanes info mount umount stop",
		command);
}

static void take_request(struct control_client *client, const char *text, size_t length)
{
	cJSON *request, *reply;

	if (client->waiting) {
		send_reply(client, control_error("one request at a time: the last one is not answered yet"));
		return;
	}
	if (length > CONTROL_REQUEST_MAXIMUM) {
		send_reply(client, control_error("a request has at most %d bytes", CONTROL_REQUEST_MAXIMUM));
		return;
	}
	request = cJSON_ParseWithLength(text, length);
	if (request == NULL) {
		send_reply(client, control_error("a request is a JSON object; this is not JSON"));
		return;
	}
	reply = run_command(client, request);
	cJSON_Delete(request);
	if (reply != NULL)
		send_reply(client, reply);
}

static void on_client(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct control_client *client = watcher->data;
	char text[CONTROL_REQUEST_MAXIMUM];
	ssize_t length = recv(client->socket, text, sizeof(text), MSG_DONTWAIT | MSG_TRUNC);

	(void)loop;
	(void)events;
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0)
		client_free(client);
	else
		take_request(client, text, (size_t)length);
}

/* ---- the socket ------------------------------------------------------------------ */

static void refuse(int socket, cJSON *reply)
{
	char *text = cJSON_PrintUnformatted(reply);

	if (text != NULL)
		(void)!send(socket, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
	cJSON_free(text);
	cJSON_Delete(reply);
	close(socket);
}

static void add_client(struct machine *machine, int socket)
{
	struct control_client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		close(socket);
		return;
	}
	client->machine = machine;
	client->socket = socket;
	list_add_tail(&machine->clients, &client->link);
	ev_io_init(&client->watcher, on_client, socket, EV_READ);
	client->watcher.data = client;
	ev_io_start(machine->loop, &client->watcher);
}

static bool too_many(const struct machine *machine)
{
	unsigned count = 0;

	for (const struct list *link = machine->clients.next; link != &machine->clients; link = link->next)
		count++;
	return count >= CLIENTS_MAXIMUM;
}

/* Out of descriptors, a client that waits would wake the loop for ever: the spare one takes it, to let it go. */
static void shed_client(struct machine *machine)
{
	descriptor_close(&machine->spare);
	close(accept(machine->control, NULL, NULL));
	machine->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void on_control(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct machine *machine = watcher->data;
	int socket = accept4(machine->control, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct credentials credentials;
	pid_t pid;

	(void)loop;
	(void)events;
	if (socket < 0 && (errno == EMFILE || errno == ENFILE))
		shed_client(machine);
	if (socket < 0)
		return;
	if (!peer_credentials(socket, &credentials, &pid) ||
	    (credentials.uid != 0 && credentials.uid != geteuid()))
		refuse(socket, control_error("only the instance's owner and root may use it"));
	else if (too_many(machine))
		refuse(socket, control_error("too many commands at once; try again"));
	else
		add_client(machine, socket);
}

bool control_open(struct machine *machine, char *error, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int result;

	machine->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	machine->control = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* By way of /proc: a socket's path must be short, a directory's need not. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", machine->instance.handle,
	         CONTROL_SOCKET);
	mask = umask(0177);
	result = machine->control >= 0 ? bind(machine->control, (struct sockaddr *)&address, sizeof(address))
	                               : -1;
	umask(mask);
	if (result != 0 || listen(machine->control, 64) != 0) {
		snprintf(error, size, "cannot make the control socket in %s: %s", machine->instance.directory,
		         strerror(errno));
		return false;
	}
	ev_io_init(&machine->control_watcher, on_control, machine->control, EV_READ);
	machine->control_watcher.data = machine;
	ev_io_start(machine->loop, &machine->control_watcher);
	return true;
}

void control_close(struct machine *machine)
{
	if (machine->stopper != NULL) {
		cJSON *reply = cJSON_CreateObject();

		cJSON_AddBoolToObject(reply, "ok", true);
		cJSON_AddItemToObject(reply, "detached",
		                      machine->busy != NULL ? machine->busy : cJSON_CreateArray());
		machine->busy = NULL;
		control_reply(machine->stopper, reply);
	}
	list_for_each(link, &machine->clients)
		client_free(list_entry(link, struct control_client, link));
	ev_io_stop(machine->loop, &machine->control_watcher);
	descriptor_close(&machine->control);
	descriptor_close(&machine->spare);
}
