/*
 * Scripts that play a peer: at a virtual time a segment or a socket call, and what
 * must come of it (README.md of tests/unit/netstack/tcp has the language).
 */
#ifndef TESTS_NETSTACK_SCRIPT_H
#define TESTS_NETSTACK_SCRIPT_H

#include "servers/netstack/tcp.h"

#define SCRIPT_QUEUE 256u

struct script_sent {
	uint64_t at;
	uint8_t ecn;
	uint32_t segment_size;
	uint32_t length;
	uint8_t bytes[66000];
};

struct script {
	const char *file;
	int line;
	uint64_t now;
	struct tcp *tcp;
	struct tcp_socket *listener, *socket;
	uint32_t mtu;
	bool segmentation;
	uint64_t allocated;
	uint32_t woken;
	/* Segments that nobody has expected yet. */
	struct script_sent *sent[SCRIPT_QUEUE];
	uint32_t sent_count;
	/* Both ends' first numbers, from the first SYN of each: scripts count from 0. */
	uint32_t our_initial, their_initial;
	bool our_known;
	uint32_t our_stamp;          /* our timestamps, from the first */
	bool our_stamp_known;
	uint16_t their_port, our_port;
	uint64_t written, read;      /* positions in the streams */
	uint32_t random;
};

/* Fails the test, naming file and line. */
_Noreturn void script_fail(const struct script *script, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Begins with a fresh engine; ends it, and fails where a segment was not expected or memory is kept. */
void script_begin(struct script *script, const char *file);
void script_end(struct script *script);

/* Runs one line. */
void script_line(struct script *script, char *line);

/* "S. 0:0(0) ack 1 win 100 <mss 1460,…>" as a segment to inject, or to compare what was sent with. */
void script_inject(struct script *script, char *text);
void script_expect(struct script *script, char *text);

/* The next word of `*text`, which is cut off; NULL at the end. */
char *script_word(char **text);
uint64_t script_number(const struct script *script, const char *word);

/* The peer's stream and ours: every byte is known by its position. */
uint8_t script_byte(uint64_t position);

#endif
