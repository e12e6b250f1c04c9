/*
 * Helpers: children of the host that do what may take long (reading debug
 * information, unmounting), so that the loop never waits.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct helper {
	struct list link; /* in machine->helpers */
	struct machine *machine;
	int pidfd, output;
	helper_done_t done;
	void *context;
	ev_io exit_watcher;
	ev_timer timeout;
};

static void helper_free(struct helper *helper)
{
	ev_io_stop(helper->machine->loop, &helper->exit_watcher);
	ev_timer_stop(helper->machine->loop, &helper->timeout);
	list_remove(&helper->link);
	close(helper->pidfd);
	close(helper->output);
	free(helper);
}

static void on_exit_event(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct helper *helper = watcher->data;
	struct machine *machine = helper->machine;
	helper_done_t done = helper->done;
	void *context = helper->context;
	char output[1024];
	siginfo_t status = {0};
	ssize_t length;

	(void)loop;
	(void)events;
	if (waitid(P_PIDFD, (id_t)helper->pidfd, &status, WEXITED | WNOHANG) != 0 || status.si_pid == 0)
		return;
	length = read(helper->output, output, sizeof(output) - 1);
	output[length > 0 ? length : 0] = '\0';
	helper_free(helper);
	done(machine, context, status.si_code == CLD_EXITED ? status.si_status : -1, output);
}

static void on_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct helper *helper = timer->data;

	(void)loop;
	(void)events;
	/* Its pidfd tells the rest. */
	pidfd_send_signal(helper->pidfd, SIGKILL, NULL, 0);
}

static _Noreturn void run(int (*work)(void *context, int output), void *context, int output, pid_t host)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != host)
		_exit(0);
	setpgid(0, 0);
	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	_exit(work(context, output));
}

bool helper_start(struct machine *machine, int (*work)(void *context, int output), helper_done_t done,
                  void *context, double seconds)
{
	struct helper *helper = calloc(1, sizeof(*helper));
	pid_t host = getpid(), pid;
	int ends[2];

	if (helper == NULL || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		free(helper);
		return false;
	}
	pid = fork();
	if (pid == 0)
		run(work, context, ends[1], host);
	close(ends[1]);
	helper->machine = machine;
	helper->output = ends[0];
	helper->pidfd = pid > 0 ? pidfd_open(pid, 0) : -1;
	if (helper->pidfd < 0) {
		if (pid > 0)
			kill(pid, SIGKILL);
		close(ends[0]);
		free(helper);
		return false;
	}
	fcntl(helper->pidfd, F_SETFD, FD_CLOEXEC);
	helper->done = done;
	helper->context = context;
	list_add_tail(&machine->helpers, &helper->link);
	ev_io_init(&helper->exit_watcher, on_exit_event, helper->pidfd, EV_READ);
	ev_timer_init(&helper->timeout, on_timeout, seconds, 0.);
	helper->exit_watcher.data = helper->timeout.data = helper;
	ev_io_start(machine->loop, &helper->exit_watcher);
	ev_now_update(machine->loop);
	ev_timer_start(machine->loop, &helper->timeout);
	return true;
}

void helpers_end(struct machine *machine)
{
	list_for_each(link, &machine->helpers) {
		struct helper *helper = list_entry(link, struct helper, link);
		siginfo_t status;

		pidfd_send_signal(helper->pidfd, SIGKILL, NULL, 0);
		waitid(P_PIDFD, (id_t)helper->pidfd, &status, WEXITED);
		helper_free(helper);
	}
}
