/* See terminal.h. */
#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"
#include "sim/user/linux.h"

/* ---- raw mode ---------------------------------------------------------------- */

/* Signal handlers need them, so they are the process's. */
static struct termios cooked, raw;
static volatile sig_atomic_t is_raw;

static void enter_raw(void)
{
	is_raw = 1;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void leave_raw(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
	is_raw = 0;
}

/* Ends the process as if nobody had caught the signal, but with the terminal as it was. */
static void on_fatal(int number)
{
	leave_raw();
	/* SA_RESETHAND: this time it does what it always does. */
	raise(number);
}

static void on_stop(int number)
{
	int error = errno;

	(void)number;
	leave_raw();
	raise(SIGSTOP);
	errno = error;
}

/* Whoever stopped it, the parent's shell may have changed the terminal meanwhile. */
static void on_continue(int number)
{
	int error = errno;

	(void)number;
	enter_raw();
	errno = error;
}

static void handle(int number, void (*handler)(int number), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, before;

	sigemptyset(&action.sa_mask);
	/* What is ignored stays so, and a sanitizer's handlers are better than these. */
	if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
		sigaction(number, &action, NULL);
}

static void handle_signals(void)
{
	static const int fatal[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,  SIGFPE,
	                            SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGSYS};

	for (size_t index = 0; index < sizeof(fatal) / sizeof(fatal[0]); index++)
		handle(fatal[index], on_fatal, SA_RESETHAND | SA_NODEFER);
	handle(SIGTSTP, on_stop, SA_RESTART);
	handle(SIGCONT, on_continue, SA_RESTART);
}

static void on_vanished(void *context)
{
	(void)context;
	leave_raw();
	cli_error("the instance has ended");
}

/* ---- what a program sees (apps/shell/shell.h) ------------------------------------ */

static int32_t terminal_read(void *context, void *bytes, uint32_t size)
{
	struct pollfd look = {.fd = STDIN_FILENO, .events = POLLIN};
	ssize_t length;

	(void)context;
	/* Not by O_NONBLOCK: the description is shared with whoever started this process. */
	if (poll(&look, 1, 0) <= 0)
		return 0;
	length = read(STDIN_FILENO, bytes, size);
	if (length < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	return length > 0 ? (int32_t)length : TERMINAL_END;
}

static void terminal_ready(void *context)
{
	struct linux_terminal *linux = context;

	fiber_wake(linux->waiting);
}

static void terminal_wait(void *context)
{
	struct linux_terminal *linux = context;
	struct os *os = runtime_os(linux->runtime);

	linux->waiting = fiber_current(linux->runtime);
	/* Watched only now: what is ready and not read would keep the process from sleeping. */
	os_watch_descriptor(os, STDIN_FILENO, terminal_ready, linux);
	fiber_wait(linux->runtime);
	os_unwatch_descriptor(os, STDIN_FILENO);
}

static bool terminal_write(void *context, enum terminal_stream stream, const void *bytes, uint32_t length)
{
	int descriptor = stream == TERMINAL_ERRORS ? STDERR_FILENO : STDOUT_FILENO;
	const char *from = bytes;

	(void)context;
	while (length > 0) {
		struct pollfd room = {.fd = descriptor, .events = POLLOUT};
		ssize_t written = write(descriptor, from, length);

		if (written < 0 && errno == EAGAIN)
			poll(&room, 1, -1);
		else if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			from += written;
			length -= (uint32_t)written;
		}
	}
	return true;
}

static uint32_t terminal_width(void *context)
{
	struct winsize size;

	(void)context;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* ---- its beginning and end --------------------------------------------------------- */

void terminal_open(struct linux_terminal *linux, struct runtime *runtime, bool interactive)
{
	*linux = (struct linux_terminal){
		.terminal = {.context = linux,
	                     .interactive = interactive && isatty(STDOUT_FILENO) &&
	                                    tcgetattr(STDIN_FILENO, &cooked) == 0,
	                     .read = terminal_read,
	                     .wait = terminal_wait,
	                     .write = terminal_write,
	                     .width = terminal_width},
		.runtime = runtime,
	};
	if (!linux->terminal.interactive)
		return;
	raw = cooked;
	/* Keys as they are; what is written still has its newlines translated. */
	raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
	raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	handle_signals();
	os_on_vanished(runtime_os(runtime), on_vanished, NULL);
	enter_raw();
}

void terminal_close(struct linux_terminal *linux)
{
	if (!linux->terminal.interactive)
		return;
	signal(SIGCONT, SIG_DFL);
	leave_raw();
}
