/*
 * Starting an executable as a process of the system: a child that dies with
 * the host, in a process group of its own, that inherits one socket and little
 * else; under a tool where that was asked for.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>


#define WORDS_MAXIMUM 64

extern char **environ;

/* ---- images ---------------------------------------------------------------- */

bool host_image_path(const struct host_options *options, const char *image, char *path)
{
	static const char *const beside[] = {"%s/../../servers/%s/drydock-%s", "%s/../../sim/%s/drydock-%s",
	                                     "%s/../../src/apps/%s/drydock-%s"};
	char own[PATH_MAX];
	ssize_t length;

	for (unsigned i = 0; options != NULL && i < options->image_count; i++) {
		if (strcmp(options->images[i].image, image) == 0) {
			snprintf(path, PATH_MAX, "%s", options->images[i].path);
			return access(path, X_OK) == 0;
		}
	}
	snprintf(path, PATH_MAX, "(an image's name has no '/': %s)", image);
	if (strchr(image, '/') != NULL || image[0] == '.')
		return false;
	/* In the build tree this program lies in sim/cli or in tests/system. */
	length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	if (length > 0) {
		own[length] = '\0';
		*strrchr(own, '/') = '\0';
		for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
			if (snprintf(path, PATH_MAX, beside[i], own, image, image) < PATH_MAX &&
			    access(path, X_OK) == 0)
				return true;
		}
	}
	snprintf(path, PATH_MAX, "%s/drydock-%s", DRYDOCK_SERVER_DIRECTORY, image);
	return access(path, X_OK) == 0;
}

/* ---- the command line --------------------------------------------------------- */

/*
 * Splits `text` in place into words at blanks. Quotes and backslashes work as
 * in a shell; nothing is expanded. Returns how many, or -1 for an open quote
 * or too many.
 */
static int split_words(char *text, const char **words, int maximum)
{
	char *to = text;
	int count = 0;

	for (;;) {
		char quote = '\0';

		text += strspn(text, " \t\n");
		if (*text == '\0')
			return count;
		if (count == maximum)
			return -1;
		words[count++] = to;
		for (; *text != '\0' && (quote != '\0' || strchr(" \t\n", *text) == NULL); text++) {
			if (quote == '\0' && (*text == '\'' || *text == '"'))
				quote = *text;
			else if (quote != '\0' && *text == quote)
				quote = '\0';
			else if (*text == '\\' && quote != '\'' && text[1] != '\0')
				*to++ = *++text;
			else
				*to++ = *text;
		}
		if (quote != '\0')
			return -1;
		if (*text != '\0')
			text++;
		*to++ = '\0';
	}
}

static const char *wrap_of(const struct host_process *process)
{
	const struct host_options *options = process->machine->options;

	for (unsigned i = 0; i < options->wrap_count; i++) {
		if (strcmp(options->wraps[i].server, process->name) == 0)
			return options->wraps[i].command;
	}
	return NULL;
}

/* Fills `arguments` (WORDS_MAXIMUM + 1); `text` holds the wrapping command's words. */
static bool command_line(const struct host_process *process, char **text, const char **arguments,
                         const char *const extra[])
{
	const char *wrap = wrap_of(process);
	int count = 0;

	*text = NULL;
	if (wrap != NULL) {
		*text = strdup(wrap);
		count = *text != NULL ? split_words(*text, arguments, WORDS_MAXIMUM / 2) : -1;
		if (count < 0) {
			console_print(process->machine,
			              "cannot wrap %s: the words of '%s' cannot be told apart", process->name,
			              wrap);
			return false;
		}
	}
	arguments[count++] = process->path;
	for (int i = 0; extra != NULL && extra[i] != NULL && count < WORDS_MAXIMUM; i++)
		arguments[count++] = extra[i];
	arguments[count] = NULL;
	return true;
}

/* ---- the child ------------------------------------------------------------------ */

/*
 * The child shares the host's memory until it executes something (vfork(2)):
 * a copy of all page tables would cost more than the rest of its birth. It
 * changes only what is its own: descriptors, signals, limits, directory.
 */

/* What of the host's environment a server may see: what tools and libraries need to run. */
static bool wanted_variable(const char *variable)
{
	static const char *const names[] = {"PATH=", "HOME=", "USER=", "TERM=", "LANG=", "LC_ALL=", "TMPDIR=",
	                                    "LD_LIBRARY_PATH=", "ASAN_", "UBSAN_", "LSAN_", "VALGRIND_",
	                                    "GCOV_", "LLVM_PROFILE_FILE=", "DEBUGINFOD_URLS="};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

/* What a server sees of it: a list for free(), of the host's own strings. NULL: no memory. */
static char **trimmed_environment(void)
{
	size_t count = 0;
	char **list, **to;

	while (environ[count] != NULL)
		count++;
	list = to = calloc(count + 1, sizeof(*list));
	for (char **from = environ; list != NULL && *from != NULL; from++) {
		if (wanted_variable(*from))
			*to++ = *from;
	}
	return list;
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_CORE, &limit);
	}
}

/* Puts the process's devices where it looks for them: by way of numbers that are none of theirs. */
static bool arrange_devices(const struct host_process *process)
{
	int above[OS_DEVICES];

	for (uint32_t i = 0; i < process->born_count; i++) {
		above[i] = fcntl(process->born[i], F_DUPFD, DESCRIPTOR_DEVICES + OS_DEVICES);
		if (above[i] < 0)
			return false;
	}
	for (uint32_t i = 0; i < process->born_count; i++) {
		if (dup2(above[i], DESCRIPTOR_DEVICES + (int)i) < 0)
			return false;
	}
	return true;
}

/* Descriptors 0 to 3, those of devices, and no other. */
static bool arrange_descriptors(const struct host_process *process, int socket)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return false;
	if (socket == DESCRIPTOR_SOCKET)
		fcntl(socket, F_SETFD, 0);
	else if (dup2(socket, DESCRIPTOR_SOCKET) < 0)
		return false;
	return arrange_devices(process) && close_range(DESCRIPTOR_DEVICES + process->born_count, ~0U, 0) == 0;
}

static _Noreturn void become(const struct host_process *process, int socket, const char *const *arguments,
                             char *const *environment, pid_t host)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The host may have died before that took effect. */
	if (getppid() != host)
		_exit(0);
	setpgid(0, 0);
	reset_signals();
	raise_limits();
	/* Cores of a plain name fall into the instance directory. */
	if (fchdir(process->machine->instance.handle) != 0 || !arrange_descriptors(process, socket)) {
		dprintf(STDERR_FILENO, "[kernel] cannot start %s: %s\n", process->name, strerror(errno));
		_exit(126);
	}
	execvpe(arguments[0], (char *const *)(uintptr_t)arguments, environment);
	dprintf(STDERR_FILENO, "[kernel] cannot start %s: %s: %s\n", process->name, arguments[0],
	        strerror(errno));
	_exit(127);
}

/* The child, or below 0. Apart, so that no variable that lives on is left in a register by vfork's first return. */
static pid_t give_birth(const struct host_process *process, int socket, const char *const *arguments,
                        char *const *environment)
{
	pid_t host = getpid(), pid;
	sigset_t all, before;

	/* The host's handlers must not run in the child, on the host's memory. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = vfork();
	if (pid == 0)
		become(process, socket, arguments, environment, host);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

pid_t process_spawn(struct host_process *process, int socket, const char *const extra[])
{
	const char *arguments[WORDS_MAXIMUM + 1];
	char **environment = trimmed_environment(), *text = NULL;
	pid_t pid = -1;

	if (environment != NULL && command_line(process, &text, arguments, extra)) {
		pid = give_birth(process, socket, arguments, environment);
		if (pid < 0)
			console_print(process->machine, "cannot start %s: %s", process->name, strerror(errno));
	}
	free(text);
	free(environment);
	return pid;
}
