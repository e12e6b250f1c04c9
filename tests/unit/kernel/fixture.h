/* A system to test: a kernel in memory with init running, and short ways to make calls. */
#ifndef DRYDOCK_TESTS_KERNEL_FIXTURE_H
#define DRYDOCK_TESTS_KERNEL_FIXTURE_H

#include <check.h>
#include <string.h>

#include "invariants.h"
#include "memory_platform.h"

#define SECOND 1000000000ull
#define MIB    (1024ull * 1024)

/* The system under test. Each case runs in a process of its own. */
struct fixture {
	struct machine machine;
	struct kernel *kernel;
	struct manifest manifest;
	struct process *init;
};

extern struct fixture fixture;
extern const struct quota quota_total, quota_child;
extern const struct credentials credentials_owner;

/* setup and teardown of a case: teardown destroys the kernel and wants every byte back. */
void fixture_setup(void);
void fixture_teardown(void);

/* The start block that the process was born with: only right after its birth. */
const struct start_block *start_of(const struct process *process);
/* init's handle of an authority; the fixture remembers. */
handle_t authority_of_init(enum authority authority);
/* Handle by its grant's name in a start block; fails the test where there is none. */
handle_t granted(const struct start_block *block, const char *name);

/* A call of `process`; arguments left out are 0. Checks all invariants afterwards. */
#define call(process, number, ...) call_with((process), (number), (const uint64_t[6]){__VA_ARGS__}, NULL, 0)
uint64_t call_with(struct process *process, uint64_t number, const uint64_t arguments[6], const void *input,
                   size_t length);
/* A call whose result must be this error, or must be none. */
#define call_fails(error, process, number, ...) \
	ck_assert_uint_eq(call(process, number, __VA_ARGS__), error_result(error))
#define call_succeeds(process, number, ...) succeeded(call(process, number, __VA_ARGS__))
uint64_t succeeded(uint64_t result);

/* Bytes of the buffer that the last call wrote. */
extern uint64_t last_written;

/* A request to spawn image `name` with quota_child and no grants. */
struct spawn spawn_request(const char *name);
uint64_t spawn_with(struct process *parent, handle_t authority, const struct spawn *spawn);
/* A child of init. */
struct process *spawn_child(const char *name);
/* init's handle of it. */
handle_t handle_of_child(const struct process *child);

/* The process's handle of its home port, and of its SEND to init. */
handle_t home_of(const struct process *process);
handle_t init_of(const struct process *process);

/* Takes what waits at a port; the test fails where nothing does. */
struct receipt receive(struct process *process, handle_t port);
/* Nothing may wait there. */
void receive_nothing(struct process *process, handle_t port);

/* Gives `to` a capability of `from`, with these rights, behind the kernel's back. */
handle_t share(struct process *from, handle_t handle, struct process *to, rights_t rights);

/* A lane from `client` to a new port of `server`, accepted, its events taken. */
struct connection {
	handle_t port;   /* server's, RECEIVE */
	handle_t send;   /* client's, SEND */
	handle_t client; /* the client's end */
	handle_t server; /* the server's */
	uint64_t id;
};
struct connection connect_lane(struct process *client, struct process *server, uint32_t depth);

/* Sends a datagram whose first word is `word`. */
uint64_t send_word(struct process *process, handle_t port, uint64_t word);

/* Runs a suite of one case list; main() returns what it does. */
int run_suite(const char *name, const TTest *const *tests, size_t count);
#define RUN_SUITE(name, ...)                                                    \
	int main(void)                                                          \
	{                                                                       \
		const TTest *const tests[] = {__VA_ARGS__};                     \
		return run_suite(name, tests, sizeof(tests) / sizeof(tests[0])); \
	}                                                                       \
	_Static_assert(1, "")

#endif
