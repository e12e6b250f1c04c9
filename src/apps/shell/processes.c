/* ps, ports and kill: what runs, as the kernel sees it. And whom a person means. */
#include "builtin.h"

#include <drydock/os.h>
#include <drydock/proto/init.h>
#include <drydock/string.h>

#include "listing.h"
#include "text.h"

/* ---- inspecting ---------------------------------------------------------------- */

int32_t processes_inspect(struct shell *shell, enum inspect what, size_t size,
                          void (*each)(const void *record, void *context), void *context)
{
	handle_t authority = runtime_grant(shell->runtime, "inspect");
	struct inspect_reply reply;
	uint64_t cursor = 0;

	do {
		cursor = runtime_trap(shell->runtime, SYS_INSPECT, authority, what, cursor, 0);
		if (result_is_error(cursor))
			return -(int32_t)result_error(cursor);
		/* Copied: the next system call overwrites it. */
		memcpy(&reply, os_buffer(runtime_os(shell->runtime)), sizeof(reply));
		for (uint32_t index = 0; index < reply.count && (index + 1) * size <= sizeof(reply.records);
		     index++)
			each(reply.records + index * size, context);
	} while (cursor != 0);
	return 0;
}

int processes_error(struct shell *shell, const char *command, int32_t status)
{
	if (status == -E_CAP_INVALID || status == -E_NO_RIGHTS)
		return shell_error(shell,
		                   "%s: the manifest does not grant this shell the authority to inspect",
		                   command);
	return shell_status_error(shell, command, "the kernel", status);
}

/* Whom a person means. */
struct search {
	const char *given;
	uint64_t number; /* 0: given by name */
	bool found;
	struct inspect_process *process;
};

static void search_step(const void *record, void *context)
{
	struct search *search = context;
	struct inspect_process process;

	memcpy(&process, record, sizeof(process));
	process.name[sizeof(process.name) - 1] = 0;
	if (search->found ||
	    (search->number ? process.number != search->number : !string_equal(process.name, search->given)))
		return;
	search->found = true;
	*search->process = process;
}

int32_t process_find(struct shell *shell, const char *given, struct inspect_process *process)
{
	struct search search = {.given = given, .process = process};
	int32_t status;

	if (string_to_number(given, &search.number) && search.number == 0)
		return POSIX_ENOENT;
	status = processes_inspect(shell, INSPECT_PROCESSES, sizeof(struct inspect_process), search_step, &search);
	return status || search.found ? status : POSIX_ENOENT;
}

/* ---- ps, ports -------------------------------------------------------------------- */

/* A list of the kernel's, and how it is shown. */
struct kind {
	enum inspect what;
	size_t size; /* of a record */
	void (*add)(const void *record, void *context);
	const char *titles[LISTING_COLUMNS];
	uint32_t columns, right; /* as in struct listing */
};

static const char *state_name(uint32_t state)
{
	switch ((enum process_state)state) {
	case PROCESS_STARTING:
		return "starting";
	case PROCESS_RUNNING:
		return "running";
	case PROCESS_BLOCKED:
		return "blocked";
	case PROCESS_FAULTED:
		return "faulted";
	case PROCESS_DEAD:
		return "dead";
	}
	return "unknown";
}

static void add_process(const void *record, void *context)
{
	struct listing *listing = context;
	struct inspect_process process;
	char memory[TEXT_SIZE_SIZE];

	memcpy(&process, record, sizeof(process));
	text_size(process.memory, memory);
	if (process.number)
		listing_add(listing, "%u", process.number);
	else
		listing_add(listing, "-");
	listing_add(listing, "%s", process.name);
	listing_add(listing, "%s", state_name(process.state));
	listing_add(listing, "%u", process.priority);
	listing_add(listing, "%u", process.handles);
	listing_add(listing, "%u", process.lanes);
	listing_add(listing, "%s", memory);
}

static void add_port(const void *record, void *context)
{
	struct listing *listing = context;
	struct inspect_port port;

	memcpy(&port, record, sizeof(port));
	listing_add(listing, "%llu", (unsigned long long)port.id);
	listing_add(listing, "%s", port.owner ? port.owner_name : "kernel");
	listing_add(listing, "%u", port.lanes);
	listing_add(listing, "%u", port.datagrams);
	listing_add(listing, "%u", port.pending);
}

static int list(struct shell *shell, const char *command, const struct kind *kind)
{
	struct listing listing = {.shell = shell, .columns = kind->columns, .right = kind->right};
	int32_t error;
	int result;

	for (uint32_t column = 0; column < kind->columns; column++)
		listing_add(&listing, "%s", kind->titles[column]);
	error = processes_inspect(shell, kind->what, kind->size, kind->add, &listing);
	if (error)
		listing.cells = 0;
	result = listing_print(&listing, command);
	return error ? processes_error(shell, command, error) : result;
}

int builtin_ps(struct shell *shell, const struct arguments *arguments)
{
	static const struct kind processes = {
		INSPECT_PROCESSES,
		sizeof(struct inspect_process),
		add_process,
		{"PID", "NAME", "STATE", "PRIORITY", "HANDLES", "LANES", "MEMORY"},
		.columns = 7,
		.right = 0x79, /* all but NAME and STATE */
	};

	return list(shell, arguments->name, &processes);
}

int builtin_ports(struct shell *shell, const struct arguments *arguments)
{
	static const struct kind ports = {
		INSPECT_PORTS,
		sizeof(struct inspect_port),
		add_port,
		{"PORT", "OWNER", "LANES", "DATAGRAMS", "EVENTS"},
		.columns = 5,
		.right = 0x1d, /* all but OWNER */
	};

	return list(shell, arguments->name, &ports);
}

/* ---- kill ------------------------------------------------------------------------- */

static int32_t kill_service(struct shell *shell, const char *name)
{
	struct client *init;
	int32_t status = shell_client(shell, SERVER_INIT, &init);

	if (status)
		return status;
	status = init_kill(init, name, (uint32_t)string_length(name));
	/* It may be one of those that this shell is connected to: with its death these connections are nothing. */
	if (!status)
		shell_disconnect(shell);
	return status;
}

static int kill_operand(struct shell *shell, const char *operand)
{
	struct inspect_process victim;
	int32_t status = process_find(shell, operand, &victim);
	uint64_t number;

	if (status == POSIX_ENOENT && string_to_number(operand, &number) && number == 0)
		return shell_error(shell, "kill: 0: no process that could be killed has this number");
	if (status == POSIX_ENOENT)
		return shell_error(shell, "kill: %s: there is no such process; see: ps", operand);
	if (status)
		return processes_error(shell, "kill", status);
	status = kill_service(shell, victim.name);
	switch (status) {
	case 0:
		return 0;
	case POSIX_ENOENT:
		return shell_error(shell, "kill: %s: only servers that init started can be killed",
		                   victim.name);
	case POSIX_EPERM:
		return shell_error(shell, "kill: %s: the manifest does not grant this shell control",
		                   victim.name);
	default:
		return shell_status_error(shell, "kill", victim.name, status);
	}
}

int builtin_kill(struct shell *shell, const struct arguments *arguments)
{
	int result = 0;

	for (uint32_t index = 0; index < arguments->count; index++)
		result |= kill_operand(shell, arguments->operands[index]);
	return result;
}
