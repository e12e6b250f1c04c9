/*
 * The server's side of every process's kernel lane: system calls come in, go
 * through the kernel core, and are answered. No process is trusted: indices
 * are checked against private copies, messages are taken out word by word, and
 * a breach ends that process and nobody else.
 */
#include "machine.h"

#include <drydock/atomic.h>
#include <errno.h>
#include <unistd.h>

static uint32_t *index_of(const struct host_process *process, uint32_t offset)
{
	return (uint32_t *)(void *)(process->lane + offset);
}

void process_ring(struct host_process *process)
{
	/* What was published is before this; `armed` is looked at after it (docs/ABI.md, "Waking"). */
	atomic_fence();
	/* EAGAIN: the pipe is full of rings. EPIPE cannot be: we hold a read end. */
	if (atomic_load_relaxed(&process->page->armed) != 0)
		(void)!write(process->doorbell_write, "", 1);
}

void kernel_lane_reply(struct host_process *process, uint64_t header, uint64_t result, uint64_t length)
{
	uint32_t slot = process->reply_tail % KERNEL_LANE_DEPTH;
	uint64_t *words = (uint64_t *)(void *)(process->lane + lane_reply_ring(KERNEL_LANE_DEPTH) +
	                                       slot * MESSAGE_SIZE);

	atomic_store_relaxed(&words[0], header);
	atomic_store_relaxed(&words[1], result);
	for (int i = 2; i < 7; i++)
		atomic_store_relaxed(&words[i], 0);
	atomic_store_relaxed(&words[7], length);
	process->reply_tail++;
	/* Pairs with the process's acquire of the reply tail: the buffer, too, is before it. */
	atomic_store_release(index_of(process, LANE_REPLY_TAIL), process->reply_tail);
	process_ring(process);
}

/* The result of its call goes to a process, now or when its turn comes. */
static void answer(struct host_process *process, uint64_t result, uint64_t length)
{
	process->calling = false;
	if (process->scheduled)
		schedule_answer(process, result, length);
	else
		kernel_lane_reply(process, process->call_header, result, length);
}

static void drop_passes(struct host_process *process)
{
	while (process->pass_count > 0)
		close(process->pass[--process->pass_count]);
}

/* Sends what the call hands over ahead of its reply, which says how many they are. */
static bool send_passes(struct host_process *process, uint64_t result, uint64_t *header)
{
	uint32_t count = process->pass_count;
	bool sent;

	if (count == 0 || result_is_error(result)) {
		drop_passes(process);
		return true;
	}
	sent = descriptor_send(process, DESCRIPTOR_PASS, process->pass, count);
	drop_passes(process);
	if (!sent)
		process_breach(process, "does not read its descriptor socket");
	*header |= (uint64_t)count << 16;
	return sent;
}

static bool alive(const struct host_process *process)
{
	return process->process != NULL && !process->gone && !process->cut && !process->killed;
}

static void serve(struct host_process *process, const struct message *message)
{
	uint64_t length = message->word[7], result;

	process->calling = true;
	process->call_header = message_header(message_op(message), 0, message_tag(message));
	result = kernel_syscall(process->machine->kernel, process->process, message_op(message),
	                        &message->word[1], &length);
	if (result == SYSCALL_BLOCKED && alive(process)) {
		if (process->scheduled)
			schedule_block(process);
		return;
	}
	if (!alive(process) || !send_passes(process, result, &process->call_header)) {
		drop_passes(process);
		return;
	}
	answer(process, result, length);
	if (process->scheduled && message_op(message) == SYS_SCHED_YIELD)
		schedule_yield(process);
}

void platform_process_complete(struct machine *machine, struct process *process, uint64_t result)
{
	struct host_process *host_process = process->machine;

	(void)machine;
	if (!host_process->calling || !alive(host_process))
		return;
	answer(host_process, result, process->written);
}

/* Takes the next call out of the request ring; false where there is none, or the process broke the rules. */
static bool take(struct host_process *process, struct message *message)
{
	/* Pairs with the process's release of the request tail. */
	uint32_t tail = atomic_load_acquire(index_of(process, LANE_REQUEST_TAIL));
	uint32_t filled = tail - process->request_head;
	uint32_t reply_head, slot;
	const uint64_t *words;

	if (filled == 0)
		return false;
	if (filled > lane_request_slots(KERNEL_LANE_DEPTH)) {
		process_breach(process, "has published more calls than its kernel lane holds");
		return false;
	}
	/* Pairs with the process's release of the reply head, which is before its release of the tail. */
	reply_head = atomic_load_acquire(index_of(process, LANE_REPLY_HEAD));
	if (process->reply_tail - reply_head > KERNEL_LANE_DEPTH ||
	    process->request_head - reply_head >= KERNEL_LANE_DEPTH) {
		process_breach(process, "has published a call without credit for it");
		return false;
	}
	slot = process->request_head % lane_request_slots(KERNEL_LANE_DEPTH);
	words = (const uint64_t *)(const void *)(process->lane + LANE_RINGS + slot * MESSAGE_SIZE);
	for (int i = 0; i < MESSAGE_WORDS; i++)
		message->word[i] = atomic_load_relaxed(&words[i]);
	process->request_head++;
	atomic_store_release(index_of(process, LANE_REQUEST_HEAD), process->request_head);
	return true;
}

bool kernel_lanes_serve(struct machine *machine, unsigned limit)
{
	struct message message;
	bool any = true;

	for (unsigned round = 0; any && round < limit; round++) {
		any = false;
		/* Processes are freed by processes_settle alone, so the list stays whole. */
		list_for_each(link, &machine->processes) {
			struct host_process *process = list_entry(link, struct host_process, link);

			if (alive(process) && take(process, &message)) {
				serve(process, &message);
				any = true;
			}
		}
	}
	return any;
}

bool kernel_lanes_pending(struct machine *machine)
{
	list_for_each(link, &machine->processes) {
		struct host_process *process = list_entry(link, struct host_process, link);

		if (alive(process) &&
		    atomic_load_acquire(index_of(process, LANE_REQUEST_TAIL)) != process->request_head)
			return true;
	}
	return false;
}
