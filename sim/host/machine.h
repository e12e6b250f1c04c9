/*
 * What the files of sim/host share: the machine that the kernel core runs on,
 * made of Linux processes, memfds and one libev loop in one thread.
 *
 * The kernel is never entered twice: platform_* functions, which it calls, only
 * note what must reach it later (a guest cut off, init to be restarted), and
 * the loop tells it between calls.
 */
#ifndef DRYDOCK_HOST_MACHINE_H
#define DRYDOCK_HOST_MACHINE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cjson/cJSON.h>
#include <drydock/abi/lane.h>
#include <drydock/list.h>
#include <ev.h>

#include "sim/user/linux.h"
#include "sim/user/start.h"
#include "host.h"
#include "instance.h"
#include "kernel/kernel.h"
#include "kernel/object.h"
#include "kernel/platform.h"
#include "kernel/queue.h"
#include "placement.h"

#define EXIT_SIGNAL 256u /* exit codes from here on are this plus a signal */

/* Ours of one process of the system. */
struct host_process {
	struct list link; /* in machine->processes until nothing needs it */
	struct machine *machine;
	struct process *process; /* NULL once the kernel has let go of it */
	char name[NAME_SIZE];
	char path[PATH_MAX]; /* of the executable; "" for guests */
	pid_t pid;           /* 0: not started */
	int pidfd;           /* -1: none */
	int socket;          /* our end of the descriptor socket */
	int socket_peer;     /* its end until it is started */
	bool outside;        /* born outside: not our child */
	bool held;           /* waits for a debugger, in os_create: its first packet comes after that */
	bool killed;         /* by us: no news when it dies */
	bool cut;            /* a guest that we let go of: the kernel is yet to be told */
	bool gone;           /* the kernel was told that it ended */
	bool reported;       /* an exception of it was reported */
	/* Of those that the scheduler server decides on (schedule.c). */
	bool scheduled;
	struct runnable runnable;
	bool unannounced;    /* has not got its first packet: its first turn brings it */
	bool answered;       /* the reply of its call is kept back until its turn */
	uint64_t answer_result, answer_length;
	bool stopping;       /* SIGSTOP was sent and has not been seen to work */
	bool stopped;        /* by us */
	bool aside;          /* a debugger has it: it takes no turns */
	uint64_t run_time;   /* nanoseconds that it had the processor, its present stay not counted */
	/* The kernel lane, and private copies of the indices that we write. */
	int lane_descriptor;
	uint8_t *lane;
	uint32_t request_head;
	uint32_t reply_tail;
	bool calling;        /* a call is blocked in the kernel */
	uint64_t call_header; /* word 0 of that call, and of its reply */
	/* Pages. */
	int notice_descriptor, page_descriptor, page_reader;
	struct notice_page *notice;
	const struct owner_page *page;
	bool page_sealed;
	/* Doorbell: what it reads from, and our own way to ring it. */
	int doorbell_read, doorbell_write;
	/* Descriptors, not its own, that it is born with from DESCRIPTOR_DEVICES on. */
	int born[OS_DEVICES];
	uint32_t born_count;
	/* Descriptors that go with the reply of the call being served. */
	int pass[DESCRIPTOR_MAXIMUM];
	uint32_t pass_count;
	ev_io exit_watcher, socket_watcher;
	ev_timer exit_retry, hold;
	struct mount *mount; /* of the FUSE bridge */
};

/* How a process from outside comes to be: what platform_process_create is to use. */
struct arrival {
	int socket;
	pid_t pid;
};

struct mount;

/* Who runs, where the scheduler server decides (schedule.c). */
struct schedule {
	struct queue queue;
	struct host_process *running; /* has the processor; NULL: nobody */
	uint64_t run_since;
	uint64_t turn_end;
	bool alone;    /* nobody else waits for the processor */
	unsigned aside; /* how many are */
	ev_timer timer;
	ev_signal child;
};

struct machine {
	const struct host_options *options;
	struct kernel *kernel;
	struct ev_loop *loop;
	struct instance instance;
	struct placement placement;
	struct schedule schedule;
	struct list processes; /* struct host_process */
	struct list helpers;   /* struct helper */
	struct list clients;   /* struct control_client */
	struct list mounts;    /* struct mount */
	struct host_disk *disks; /* options->disk_count of them, open */
	struct host_card *cards; /* options->card_count of them, open or not */
	struct arrival arrival;
	/* The host as a peer: its own page and doorbell. */
	struct owner_page *page;
	int page_reader;
	int doorbell_read, doorbell_write;
	int control;      /* listening socket */
	int console;      /* the console file */
	int notify;       /* who waits for us to be up, or -1 */
	int spare;        /* a descriptor to give up when there are no more */
	bool background;
	bool kernel_left; /* something may have been noted for the kernel */
	bool announced;   /* init said how booting went, and it has not been acted on */
	bool up;
	bool mounted_boot; /* what options ask for was mounted, or tried */
	bool failed;       /* init said that it could not boot */
	bool boot_failed; /* and everything ends for that, or because nothing could be mounted */
	bool stopping;
	bool disks_told; /* and servers of disks know it */
	char failure[256];
	uint64_t started;         /* monotonic nanoseconds */
	uint64_t init_started;
	double init_delay;        /* seconds before the next restart of init */
	uint64_t traced_at;       /* when platform_traced last looked */
	bool traced;
	unsigned reports;         /* crash reports written so far */
	struct control_client *stopper; /* is told when everything is down */
	cJSON *busy;              /* directories that were in use when they were detached at the end */
	ev_prepare prepare;
	ev_check check;
	ev_idle idle;
	ev_io doorbell_watcher, control_watcher;
	ev_timer tick, init_restart, stop_timeout;
	ev_signal interrupt, terminate, hang_up;
};

/* A child of the host that does one thing for it and ends (helper.c). */
typedef void (*helper_done_t)(struct machine *machine, void *context, int code, const char *output);

/* ---- console.c ------------------------------------------------------- */

/* Prints a `[kernel] …` line. May be called anywhere. */
#define CONSOLE_TAIL_LINES 20
#define CONSOLE_TAIL_SIZE  (16 * 1024)

/*
 * Puts the last lines of `console`, a descriptor to be read from its start, or
 * -1, into `text`, as many as fit, NUL-terminated. Returns their length.
 */
size_t console_tail(int console, char *text, size_t size);

void console_print(struct machine *machine, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- kernel_lane.c --------------------------------------------------- */

/* Serves calls of all processes; true if there was any, and when `limit` rounds did not suffice. */
bool kernel_lanes_serve(struct machine *machine, unsigned limit);

/* Whether any process has published a call. */
bool kernel_lanes_pending(struct machine *machine);

/* Gives a call its reply. */
void kernel_lane_reply(struct host_process *process, uint64_t header, uint64_t result, uint64_t length);

/* Rings a process that is armed. */
void process_ring(struct host_process *process);

/* ---- descriptor.c ---------------------------------------------------- */

/* The same file under a new open file description; -1 with errno. */
int descriptor_reopen(int descriptor, int flags);

/* Sends DESCRIPTOR_START, with START_DESCRIPTORS; false as descriptor_send. */
bool descriptor_send_start(const struct host_process *process, enum scheduling scheduling, const int *descriptors);

/* Sends a packet; false where the process does not read, or is gone. */
bool descriptor_send(const struct host_process *process, enum descriptor_type type, const int *descriptors,
                     uint32_t count);

/*
 * The same for a device that the process is given; `size` is at most
 * DEVICE_PARAMETERS. Before it is announced. With `count` 0 its descriptor is the
 * one of number `born`, which the process was born with.
 */
bool descriptor_send_device(const struct host_process *process, enum device_kind kind, const void *parameters,
                            size_t size, const int *descriptors, uint32_t count, uint32_t born);

/* Closes *descriptor unless it is -1, which it becomes. */
void descriptor_close(int *descriptor);

/* A sealed memfd of `size` zero bytes that is named for people; -1 with errno. */
int memory_file(const char *name, uint64_t size, unsigned seals);

/* ---- devices.c ------------------------------------------------------- */

/*
 * Opens what options name. False, and nothing open, with the reason in `error`. A
 * card that cannot be opened is told about on the console, and gone without.
 */
bool devices_open(struct machine *machine, char *error, size_t size);
void devices_close(struct machine *machine);

/* Whether a process has a disk that it may write to. */
bool disk_is_written_by(const struct host_process *process);

/* Makes ready what a process is to be born with for its devices (process->born); just before it is spawned. */
void devices_prepare(struct host_process *process);

/* Tells a process of the devices of its service; before DESCRIPTOR_START. False as descriptor_send. */
bool devices_send(struct host_process *process);

/* ---- process.c ------------------------------------------------------- */

/* Ends a process that broke the rules, saying why. */
void process_breach(struct host_process *process, const char *why);

/* Hands a process from outside its lanes: from here on it runs. False: it is gone already. */
bool process_announce(struct host_process *process);

/* Watches `pid`, which is now this process. */
void process_watch(struct host_process *process, pid_t pid);

/* Tells the kernel of guests that were cut off, frees what nobody needs; true if anything was done. */
bool processes_settle(struct machine *machine);

/* Ends all processes at once and waits for those that are ours. */
void processes_end(struct machine *machine);

/* ---- spawn.c --------------------------------------------------------- */

/*
 * Starts `process` from its path, with `socket` as its descriptor socket, and
 * `extra` (NULL-terminated, or NULL) as arguments. Returns its pid or -1.
 */
pid_t process_spawn(struct host_process *process, int socket, const char *const extra[]);

/* ---- schedule.c ------------------------------------------------------ */

/* Before any process is made. The rest is of processes that are scheduled. */
void schedule_initialize(struct machine *machine);

/* Lets run who is to run; to be called when all calls that have come were served. */
void schedule_settle(struct machine *machine);

/* It has been spawned, and is announced when its first turn comes. */
void schedule_start(struct host_process *process);

/* It waits for a debugger, and is announced to that. */
void schedule_hold(struct host_process *process);

/* Its call is blocked in the kernel; it has its result, for when its turn comes; it has given up its turn. */
void schedule_block(struct host_process *process);
void schedule_answer(struct host_process *process, uint64_t result, uint64_t length);
void schedule_yield(struct host_process *process);

/* It will not run again. */
void schedule_gone(struct host_process *process);

/* SCHED_SWITCH; false where it cannot run now. */
bool schedule_choose(struct host_process *process);

/* Nanoseconds that it had the processor so far. */
uint64_t schedule_run_time(const struct host_process *process);

/* Its priority, and its slice in microseconds. */
void schedule_values(struct host_process *process, uint32_t priority, uint32_t slice);

/* ---- exception.c ----------------------------------------------------- */

void exception_caught(struct host_process *process, const struct exception_record *record);

/* Says where the core of a process that left one is. */
void core_report(struct host_process *process);

/* ---- helper.c -------------------------------------------------------- */

/*
 * Forks a child that runs `work(context, output)`, whose result is its exit
 * code, and calls done() with that (-1: killed, or over `seconds`) and what it
 * wrote to `output`. False without memory or processes.
 */
bool helper_start(struct machine *machine, int (*work)(void *context, int output), helper_done_t done,
                  void *context, double seconds);
void helpers_end(struct machine *machine);

/* ---- supervise.c ----------------------------------------------------- */

/* init is gone. */
void init_died(struct machine *machine);

/* Acts on what init announced; to be called between calls into the kernel. */
void announcement_settle(struct machine *machine);

/* Starts an orderly end; `failure` is why, or NULL. At a second call it ends at once. */
void machine_stop(struct machine *machine, const char *failure);

/* While stopping: tells servers of disks once the last mount is gone, and ends the loop when they are. */
void machine_stop_step(struct machine *machine);

/* Tells who waits that we are up (`error` NULL), or why not. */
void machine_notify(struct machine *machine, const char *error);

/* ---- control.c ------------------------------------------------------- */

bool control_open(struct machine *machine, char *error, size_t size);
void control_close(struct machine *machine);

/* Answers a client that waited, which may have hung up meanwhile (NULL). Takes `reply`. */
void control_reply(struct control_client *client, cJSON *reply);

/* {"ok":false,"error":…}. */
cJSON *control_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As above while a client may wait: makes it wait, or (NULL) no longer. */
void control_wait(struct control_client *client);

/* ---- control_report.c ------------------------------------------------- */

cJSON *report_list(struct machine *machine, enum inspect what, uint64_t cursor);
cJSON *report_instance(struct machine *machine);

/* ---- mount.c ---------------------------------------------------------- */

/*
 * Mounts the vfs on `directory` by a bridge of its own. Answers `client`
 * (NULL: the boot) when it is up or has failed. False, with the reason in
 * `error`, where it cannot even start: nobody is answered then.
 */
bool mount_start(struct machine *machine, const char *directory, const char *options,
                 struct control_client *client, char *error, size_t size);

/* Unmounts; answers `client` (may be NULL) when it is done. False as mount_start. */
bool mount_end(struct machine *machine, const char *directory, struct control_client *client, char *error,
               size_t size);
void mounts_end(struct machine *machine);

/* What is left, without asking; after the processes have ended. */
void mounts_detach(struct machine *machine);

void mount_status(struct host_process *bridge, const struct descriptor_status *status);
void mount_bridge_gone(struct host_process *bridge);
void mount_client_gone(struct machine *machine, const struct control_client *client);
cJSON *mounts_report(struct machine *machine);

/* ---- traced.c --------------------------------------------------------- */

enum pid_state {
	PID_RUNS = 0,
	PID_STOPPED,  /* by a signal */
	PID_DEBUGGED, /* a debugger has it, be it stopped or not */
};

enum pid_state pid_state(pid_t pid);

/* Whether somebody who debugs it has it, or keeps it stopped; not where that is its turn's end. */
bool process_traced(const struct host_process *process);

#endif
