/*
 * `drydock run --sched server`: one process of the system runs at a time, the
 * one that the scheduler server's table and SCHED_SWITCH say, in the order that
 * bare metal keeps, too (kernel/queue.h).
 *
 * A process that is not to run either waits for the reply of a system call,
 * which is kept back until its turn, or was in the midst of computing and is
 * stopped by SIGSTOP. Linux says by SIGCHLD when it has stopped; not before that
 * does the next one run.
 *
 * What a debugger has is never stopped by us: it steps aside, runs when Linux
 * and the debugger let it, and takes its turns again once it was let go. Guests
 * and bridges are never scheduled here.
 */
#include "machine.h"

#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define NANOSECONDS 1000000000u
#define STOP_LOOK   (20 * 1000000u)  /* nanoseconds after which a stop that was not told is looked for */
#define ASIDE_LOOK  (100 * 1000000u) /* nanoseconds between looks whether a debugger has let go */

static struct host_process *process_of(struct runnable *runnable)
{
	return list_entry(runnable, struct host_process, runnable);
}

/* ---- the processor changes hands --------------------------------------------- */

/* Nobody runs; whoever did is charged for what it had. */
static void leave(struct machine *machine)
{
	struct schedule *schedule = &machine->schedule;
	struct host_process *process = schedule->running;
	uint64_t now = platform_time(machine);

	schedule->running = NULL;
	process->run_time += now - schedule->run_since;
	if (!process->runnable.fresh)
		process->runnable.left = schedule->turn_end > now ? schedule->turn_end - now : 0;
	/* Alone, nobody waited for its turn to end. */
	if (!schedule->alone && now > schedule->turn_end)
		runnable_charge(&process->runnable, now - schedule->turn_end);
}

static void deliver(struct host_process *process)
{
	if (!process->answered)
		return;
	process->answered = false;
	kernel_lane_reply(process, process->call_header, process->answer_result, process->answer_length);
}

static void begin_turn(struct machine *machine, struct host_process *process)
{
	process->runnable.fresh = false;
	machine->schedule.turn_end = platform_time(machine) + process->runnable.left;
}

/* It is a debugger's now. */
static void step_aside(struct host_process *process)
{
	struct schedule *schedule = &process->machine->schedule;

	if (schedule->running == process)
		leave(process->machine);
	queue_remove(&schedule->queue, &process->runnable);
	process->aside = true;
	process->stopping = false;
	schedule->aside++;
	deliver(process);
}

/* The debugger has let go of it, perhaps stopped as it was before that came. */
static void step_back(struct host_process *process)
{
	process->aside = false;
	process->machine->schedule.aside--;
}

/* Lets it go on from where it is. False where it cannot: a debugger has come meanwhile. */
static bool resume(struct host_process *process)
{
	if (process->unannounced) {
		process->unannounced = false;
		if (!process_announce(process))
			process_breach(process, "cannot be given its lanes");
		return true;
	}
	if (process->stopped || process->stopping) {
		if (pid_state(process->pid) == PID_DEBUGGED) {
			step_aside(process);
			return false;
		}
		process->stopped = process->stopping = false;
		pidfd_send_signal(process->pidfd, SIGCONT, NULL, 0);
	}
	deliver(process);
	return true;
}

/* Whether a process that was told to has stopped; then the processor is free. */
static bool stop_seen(struct host_process *process)
{
	siginfo_t status = {0};

	if (waitid(P_PIDFD, (id_t)process->pidfd, &status, WSTOPPED | WNOHANG) != 0 || status.si_pid == 0)
		return false;
	process->stopping = false;
	process->stopped = true;
	if (process->machine->schedule.running == process)
		leave(process->machine);
	return true;
}

/* Takes the processor from who runs. False: that takes until Linux says so. */
static bool take_processor(struct host_process *process)
{
	/* Its end is on its way. */
	if (process->killed)
		return false;
	if (process->answered) {
		leave(process->machine);
		return true;
	}
	if (process->stopping)
		return stop_seen(process);
	if (pid_state(process->pid) == PID_DEBUGGED) {
		step_aside(process);
		return true;
	}
	process->stopping = true;
	pidfd_send_signal(process->pidfd, SIGSTOP, NULL, 0);
	return stop_seen(process);
}

/* ---- the timer ------------------------------------------------------------------- */

static void set_timer(struct machine *machine)
{
	struct schedule *schedule = &machine->schedule;
	uint64_t now = platform_time(machine), next = DEADLINE_NEVER;

	ev_timer_stop(machine->loop, &schedule->timer);
	if (schedule->running != NULL && schedule->running->stopping)
		next = now + STOP_LOOK;
	else if (schedule->running != NULL && !schedule->alone)
		next = schedule->turn_end;
	if (schedule->aside > 0 && next > now + ASIDE_LOOK)
		next = now + ASIDE_LOOK;
	if (next == DEADLINE_NEVER)
		return;
	/* libev counts from when the loop last looked at the clock. */
	ev_now_update(machine->loop);
	ev_timer_set(&schedule->timer, next > now ? (double)(next - now) / NANOSECONDS : 0., 0.);
	ev_timer_start(machine->loop, &schedule->timer);
}

/* Debuggers come to processes that stand, and leave others to run as they like. */
static void look_for_debuggers(struct machine *machine)
{
	list_for_each(link, &machine->processes) {
		struct host_process *process = list_entry(link, struct host_process, link);

		if (!process->scheduled || process->gone || process->killed || process->held ||
		    (!process->aside && !process->stopped) ||
		    (pid_state(process->pid) == PID_DEBUGGED) == process->aside)
			continue;
		if (!process->aside) {
			step_aside(process);
			continue;
		}
		step_back(process);
		if (process->calling)
			continue;
		/* It computes: it waits for its turn like the others. */
		process->stopped = true;
		pidfd_send_signal(process->pidfd, SIGSTOP, NULL, 0);
		queue_add(&machine->schedule.queue, &process->runnable);
	}
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct machine *machine = timer->data;
	struct schedule *schedule = &machine->schedule;
	struct host_process *running = schedule->running;

	(void)loop;
	(void)events;
	if (running != NULL && running->stopping) {
		/* Where a debugger came between, it was told of the stop, and we were not. */
		if (!stop_seen(running) && pid_state(running->pid) == PID_DEBUGGED)
			step_aside(running);
	} else if (running != NULL && !schedule->alone && schedule->turn_end <= platform_time(machine)) {
		/* Whoever sits at a breakpoint must not keep others waiting, of whatever priority. */
		if (pid_state(running->pid) == PID_DEBUGGED)
			step_aside(running);
		else
			queue_end_turn(&schedule->queue, &running->runnable);
	}
	look_for_debuggers(machine);
}

static void on_child(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct machine *machine = watcher->data;
	struct host_process *running = machine->schedule.running;

	(void)loop;
	(void)events;
	if (running != NULL && running->stopping)
		stop_seen(running);
}

/* ---- who runs ------------------------------------------------------------------------ */

void schedule_initialize(struct machine *machine)
{
	struct schedule *schedule = &machine->schedule;

	queue_initialize(&schedule->queue);
	schedule->alone = true;
	ev_init(&schedule->timer, on_timer);
	ev_signal_init(&schedule->child, on_child, SIGCHLD);
	schedule->timer.data = schedule->child.data = machine;
	if (machine->options->by_server)
		ev_signal_start(machine->loop, &schedule->child);
}

/* A turn that was nobody's business ends when somebody comes to wait for it. */
static void count_waiting(struct machine *machine)
{
	struct schedule *schedule = &machine->schedule;
	bool alone = schedule->queue.count < 2;
	uint64_t now;

	if (schedule->alone && !alone && schedule->running != NULL) {
		now = platform_time(machine);
		if (schedule->turn_end < now)
			schedule->turn_end = now;
	}
	schedule->alone = alone;
}

void schedule_settle(struct machine *machine)
{
	struct schedule *schedule = &machine->schedule;
	struct runnable *next;
	struct host_process *process;

	if (!machine->options->by_server)
		return;
	count_waiting(machine);
	while ((next = queue_first(&schedule->queue)) != NULL) {
		process = process_of(next);
		if (schedule->running == process) {
			if (process->stopping && !resume(process))
				continue;
			if (next->fresh)
				begin_turn(machine, process);
			deliver(process);
			break;
		}
		if (schedule->running != NULL && !take_processor(schedule->running))
			break;
		/* Taking it may have changed who is first. */
		if (queue_first(&schedule->queue) != next || !resume(process))
			continue;
		schedule->running = process;
		schedule->run_since = platform_time(machine);
		begin_turn(machine, process);
		break;
	}
	count_waiting(machine);
	set_timer(machine);
}

/* ---- what becomes of a process --------------------------------------------------------- */

void schedule_start(struct host_process *process)
{
	process->unannounced = true;
	queue_add(&process->machine->schedule.queue, &process->runnable);
}

void schedule_hold(struct host_process *process)
{
	step_aside(process);
}

void schedule_block(struct host_process *process)
{
	struct schedule *schedule = &process->machine->schedule;

	queue_remove(&schedule->queue, &process->runnable);
	if (schedule->running == process)
		leave(process->machine);
}

void schedule_answer(struct host_process *process, uint64_t result, uint64_t length)
{
	process->answered = true;
	process->answer_result = result;
	process->answer_length = length;
	if (process->aside && pid_state(process->pid) == PID_DEBUGGED) {
		deliver(process);
		return;
	}
	if (process->aside)
		step_back(process);
	queue_add(&process->machine->schedule.queue, &process->runnable);
}

void schedule_yield(struct host_process *process)
{
	queue_end_turn(&process->machine->schedule.queue, &process->runnable);
}

void schedule_gone(struct host_process *process)
{
	schedule_block(process);
	process->answered = false;
	if (process->aside)
		step_back(process);
}

bool schedule_choose(struct host_process *process)
{
	return queue_choose(&process->machine->schedule.queue, &process->runnable);
}

uint64_t schedule_run_time(const struct host_process *process)
{
	const struct schedule *schedule = &process->machine->schedule;
	uint64_t present = 0;

	if (schedule->running == process)
		present = platform_time(process->machine) - schedule->run_since;
	return process->run_time + present;
}

void schedule_values(struct host_process *process, uint32_t priority, uint32_t slice)
{
	uint64_t nanoseconds = (uint64_t)slice * 1000;

	queue_schedule(&process->machine->schedule.queue, &process->runnable, priority,
	               nanoseconds > SLICE_LEAST ? nanoseconds : SLICE_LEAST);
}
