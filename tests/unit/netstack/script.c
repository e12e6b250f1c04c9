/* The interpreter of scripts: clock, socket calls, and the engine's environment. */
#include "script.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

#define START UINT64_C(1000000000000)

static const char *const states[] = {
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
	"FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
};

static const struct {
	const char *name;
	int number;
} errors[] = {
	{"EAGAIN", POSIX_EAGAIN}, {"EPIPE", POSIX_EPIPE}, {"EINVAL", POSIX_EINVAL},
	{"EADDRINUSE", POSIX_EADDRINUSE}, {"ENETUNREACH", POSIX_ENETUNREACH},
	{"ECONNRESET", POSIX_ECONNRESET}, {"EISCONN", POSIX_EISCONN}, {"ENOTCONN", POSIX_ENOTCONN},
	{"ETIMEDOUT", POSIX_ETIMEDOUT}, {"ECONNREFUSED", POSIX_ECONNREFUSED},
	{"EHOSTUNREACH", POSIX_EHOSTUNREACH}, {"EALREADY", POSIX_EALREADY},
	{"EINPROGRESS", POSIX_EINPROGRESS}, {"0", 0},
};

static const struct {
	const char *name;
	enum tcp_option option;
} options[] = {
	{"nodelay", TCP_OPTION_NODELAY}, {"cork", TCP_OPTION_CORK}, {"keepalive", TCP_OPTION_KEEPALIVE},
	{"keepidle", TCP_OPTION_KEEPALIVE_IDLE}, {"keepinterval", TCP_OPTION_KEEPALIVE_INTERVAL},
	{"keepcount", TCP_OPTION_KEEPALIVE_COUNT}, {"usertimeout", TCP_OPTION_USER_TIMEOUT},
	{"sendbuffer", TCP_OPTION_SEND_BUFFER}, {"receivebuffer", TCP_OPTION_RECEIVE_BUFFER},
	{"maxseg", TCP_OPTION_MAXIMUM_SEGMENT}, {"ecn", TCP_OPTION_ECN}, {"congestion", TCP_OPTION_CONGESTION},
	{"reuse", TCP_OPTION_REUSE_ADDRESS}, {"error", TCP_OPTION_ERROR}, {"atmark", TCP_OPTION_AT_MARK},
};

void script_fail(const struct script *script, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	ck_abort_msg("%s:%d: %s", script->file, script->line, text);
}

char *script_word(char **text)
{
	char *start = *text + strspn(*text, " \t\n");
	char *end = start + strcspn(start, " \t\n");

	if (*start == '\0')
		return NULL;
	*text = *end == '\0' ? end : end + 1;
	*end = '\0';
	return start;
}

uint64_t script_number(const struct script *script, const char *word)
{
	char *end;
	uint64_t number;

	if (word == NULL)
		script_fail(script, "a number is missing");
	number = strtoull(word, &end, 0);
	if (*end != '\0')
		script_fail(script, "not a number: %s", word);
	return number;
}

uint8_t script_byte(uint64_t position)
{
	return (uint8_t)(position * 131 >> 3 ^ position);
}

static uint64_t now(void *context)
{
	return ((struct script *)context)->now;
}

static uint32_t random_number(void *context)
{
	return ((struct script *)context)->random++;
}

static int route(void *context, const struct net_address *remote, struct tcp_route *found)
{
	const struct script *script = context;

	if (remote->bytes[0] != 10)
		return -POSIX_ENETUNREACH;
	*found = (struct tcp_route){.local = {.family = 4, .bytes = {10, 0, 0, 1}},
	                            .mtu = script->mtu, .segmentation = script->segmentation};
	return 0;
}

static void output(void *context, const struct tcp_packet *packet)
{
	struct script *script = context;
	struct script_sent *sent = malloc(sizeof(*sent));

	if (sent == NULL || script->sent_count == SCRIPT_QUEUE)
		script_fail(script, "too many segments that nobody expects");
	sent->at = script->now;
	sent->ecn = packet->ecn;
	sent->segment_size = packet->segment_size;
	sent->length = packet->header_length;
	memcpy(sent->bytes, packet->header, packet->header_length);
	for (uint32_t i = 0; i < packet->piece_count; i++) {
		memcpy(sent->bytes + sent->length, packet->pieces[i].address, packet->pieces[i].length);
		sent->length += packet->pieces[i].length;
	}
	script->sent[script->sent_count++] = sent;
}

static void *allocate(void *context, size_t size)
{
	((struct script *)context)->allocated += size;
	return malloc(size);
}

static void release(void *context, void *memory, size_t size)
{
	((struct script *)context)->allocated -= size;
	free(memory);
}

static void wake(void *context, void *owner, uint32_t events)
{
	(void)owner;
	((struct script *)context)->woken |= events;
}

void script_begin(struct script *script, const char *file)
{
	struct tcp_environment environment = {
		.context = script, .now = now, .random = random_number, .route = route,
		.output = output, .allocate = allocate, .release = release, .wake = wake,
	};
	uint8_t secret[16] = "a script's own";

	*script = (struct script){.file = file, .now = START, .mtu = 1500, .their_port = 4000, .our_port = 80,
	                          .their_initial = UINT32_C(0xfffffff0)};
	script->tcp = tcp_create(&environment, secret);
}

void script_end(struct script *script)
{
	char nothing[] = "nothing";

	script_expect(script, nothing);
	tcp_destroy(script->tcp);
	if (script->allocated != 0)
		script_fail(script, "%lu bytes are still allocated", (unsigned long)script->allocated);
}

static void check(void *context, const struct tcp_socket *socket)
{
	const char *problem = tcp_check(socket);

	if (problem != NULL)
		script_fail(context, "%s", problem);
}

/* Lets `delay` pass, firing what is due; a segment that comes before its end was not expected. */
static void pass(struct script *script, uint64_t delay)
{
	uint64_t end = script->now + delay;
	char nothing[] = "nothing";

	if (delay > 0)
		script_expect(script, nothing);
	while (tcp_deadline(script->tcp) <= end) {
		uint64_t due = tcp_deadline(script->tcp);

		if (due > script->now)
			script->now = due;
		if (script->now < end)
			script_expect(script, nothing);
		tcp_timers(script->tcp, script->now);
		if (script->now < end)
			script_expect(script, nothing);
	}
	script->now = end;
}

/* "+1.5" or "+40ms": how long after the line before. */
static uint64_t parse_delay(const struct script *script, const char *word)
{
	uint64_t delay = 0, unit = 1000000000;
	const char *at = word + 1;

	for (; *at >= '0' && *at <= '9'; at++)
		delay = delay * 10 + (uint64_t)(*at - '0') * 1;
	if (strcmp(at, "ms") == 0)
		return delay * 1000000;
	delay *= unit;
	if (*at == '.') {
		for (at++; *at >= '0' && *at <= '9'; at++)
			delay += (uint64_t)(*at - '0') * (unit /= 10);
	}
	if (word[0] != '+' || *at != '\0')
		script_fail(script, "not a time: %s", word);
	return delay;
}

static void expect_result(const struct script *script, int result, char **text)
{
	const char *word = script_word(text);

	if (word == NULL)
		word = "0";
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(word, errors[i].name) == 0 && result == -errors[i].number)
			return;
	}
	if (result < 0 || *word < '0' || *word > '9' || (uint64_t)result != script_number(script, word))
		script_fail(script, "the result is %d, not %s", result, word);
}

static int call_send(struct script *script, uint32_t size, uint32_t flags)
{
	static uint8_t bytes[1 << 20];
	struct tcp_piece piece = {bytes, size};
	int result;

	if (size > sizeof(bytes))
		script_fail(script, "at most %zu bytes", sizeof(bytes));
	for (uint32_t i = 0; i < size; i++)
		bytes[i] = script_byte(script->written + i);
	result = tcp_send(script->socket, &piece, 1, flags);
	script->written += result > 0 ? (uint32_t)result : 0;
	return result;
}

static int call_receive(struct script *script, uint32_t size, uint32_t flags)
{
	static uint8_t bytes[1 << 20];
	int result = tcp_receive(script->socket, bytes, size < sizeof(bytes) ? size : sizeof(bytes), flags);

	for (int i = 0; i < result; i++) {
		if (bytes[i] != script_byte(script->read + (uint32_t)i))
			script_fail(script, "byte %d is wrong", i);
	}
	if (!(flags & TCP_RECEIVE_PEEK))
		script->read += result > 0 ? (uint32_t)result : 0;
	return result;
}

static int call_listen(struct script *script, uint32_t backlog)
{
	if (tcp_open(script->tcp, NULL, &script->listener) != 0 || tcp_bind(script->listener, NULL, 80) != 0)
		script_fail(script, "cannot bind");
	return tcp_listen(script->listener, backlog);
}

static int call_connect(struct script *script, uint8_t network)
{
	const struct net_address them = {.family = 4, .bytes = {network, 0, 0, 2}};
	struct tcp_information information;
	int result;

	if (script->socket == NULL)
		tcp_open(script->tcp, NULL, &script->socket);
	result = tcp_connect(script->socket, &them, script->their_port);
	tcp_information(script->socket, &information);
	script->our_port = information.local_port;
	return result;
}

static void call_option(struct script *script, const char *name, char **text)
{
	struct tcp_socket **on = script->socket != NULL ? &script->socket : &script->listener;
	char *word = script_word(text);
	uint32_t value;

	if (*on == NULL)
		tcp_open(script->tcp, NULL, &script->socket), on = &script->socket;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(name, options[i].name) != 0)
			continue;
		if (word != NULL && strcmp(word, "is") == 0) {
			tcp_option_get(*on, options[i].option, &value);
			expect_result(script, options[i].option == TCP_OPTION_ERROR ? -(int)value : (int)value, text);
		} else {
			value = (uint32_t)script_number(script, word);
			expect_result(script, tcp_option_set(*on, options[i].option, value), text);
		}
		return;
	}
	script_fail(script, "unknown word %s", name);
}

static void call_icmp(struct script *script, char **text)
{
	const struct net_address us = {.family = 4, .bytes = {10, 0, 0, 1}};
	const struct net_address them = {.family = 4, .bytes = {10, 0, 0, 2}};
	uint32_t sequence = (uint32_t)script_number(script, script_word(text)) + script->our_initial;
	char *kind = script_word(text);
	uint32_t mtu = 0;
	uint8_t quoted[8] = {(uint8_t)(script->our_port >> 8), (uint8_t)script->our_port,
	                     (uint8_t)(script->their_port >> 8), (uint8_t)script->their_port,
	                     (uint8_t)(sequence >> 24), (uint8_t)(sequence >> 16), (uint8_t)(sequence >> 8),
	                     (uint8_t)sequence};
	enum tcp_icmp_kind which = TCP_ICMP_PORT_UNREACHABLE;

	if (kind != NULL && strcmp(kind, "mtu") == 0) {
		which = TCP_ICMP_TOO_BIG;
		mtu = (uint32_t)script_number(script, script_word(text));
	} else if (kind != NULL && strcmp(kind, "host") == 0) {
		which = TCP_ICMP_HOST_UNREACHABLE;
	}
	tcp_icmp(script->tcp, &us, &them, quoted, sizeof(quoted), which, mtu);
}

static void expect_state(struct script *script, char **text)
{
	struct tcp_information information;
	char *word = script_word(text);

	if (script->socket == NULL)
		script_fail(script, "there is no socket");
	tcp_information(script->socket, &information);
	if (word == NULL || strcmp(word, states[information.state]) != 0)
		script_fail(script, "the state is %s", states[information.state]);
}

/* A number of struct tcp_information. */
static void expect_information(struct script *script, const char *name, char **text)
{
	struct tcp_information information = {0};
	uint64_t value = 0, wanted = script_number(script, script_word(text));

	if (script->socket != NULL)
		tcp_information(script->socket, &information);
	if (strcmp(name, "cwnd") == 0)
		value = information.congestion_window;
	else if (strcmp(name, "ssthresh") == 0)
		value = information.slow_start_threshold;
	else if (strcmp(name, "rto") == 0)
		value = information.rto / 1000000;
	else if (strcmp(name, "srtt") == 0)
		value = information.rtt / 1000000;
	else if (strcmp(name, "timeouts") == 0)
		value = information.timeouts;
	else if (strcmp(name, "spurious") == 0)
		value = information.spurious_timeouts;
	else if (strcmp(name, "sockets") == 0)
		value = tcp_statistics(script->tcp)->sockets;
	else
		script_fail(script, "unknown word %s", name);
	if (value != wanted)
		script_fail(script, "%s is %lu", name, (unsigned long)value);
}

static void run_call(struct script *script, const char *name, char **text)
{
	if (strcmp(name, "listen") == 0) {
		expect_result(script, call_listen(script, (uint32_t)script_number(script, script_word(text))), text);
	} else if (strcmp(name, "accept") == 0) {
		expect_result(script, tcp_accept(script->listener, NULL, &script->socket), text);
	} else if (strcmp(name, "connect") == 0) {
		expect_result(script, call_connect(script, 10), text);
	} else if (strcmp(name, "connect-nowhere") == 0) {
		expect_result(script, call_connect(script, 11), text);
	} else if (strcmp(name, "send") == 0 || strcmp(name, "send-urgent") == 0 || strcmp(name, "send-more") == 0) {
		uint32_t flags = name[4] == '\0' ? 0 : name[5] == 'u' ? TCP_SEND_URGENT : TCP_SEND_MORE;

		expect_result(script, call_send(script, (uint32_t)script_number(script, script_word(text)), flags), text);
	} else if (strcmp(name, "receive") == 0 || strcmp(name, "peek") == 0) {
		uint32_t flags = *name == 'p' ? TCP_RECEIVE_PEEK : 0;

		expect_result(script, call_receive(script, (uint32_t)script_number(script, script_word(text)), flags),
		              text);
	} else if (strcmp(name, "shutdown") == 0) {
		expect_result(script, tcp_shutdown(script->socket, (uint32_t)script_number(script, script_word(text))),
		              text);
	} else if (strcmp(name, "close") == 0) {
		tcp_close(script->socket);
		script->socket = NULL;
	} else if (strcmp(name, "abort") == 0) {
		tcp_abort(script->socket);
		script->socket = NULL;
	} else if (strcmp(name, "close-listener") == 0) {
		tcp_close(script->listener);
	} else if (strcmp(name, "icmp") == 0) {
		call_icmp(script, text);
	} else if (strcmp(name, "state") == 0) {
		expect_state(script, text);
	} else if (strcmp(name, "mtu") == 0) {
		script->mtu = (uint32_t)script_number(script, script_word(text));
	} else if (strcmp(name, "forget") == 0) {
		/* Our numbers: the next SYN is of another connection. */
		script->our_known = script->our_stamp_known = false;
	} else if (strcmp(name, "segmentation") == 0) {
		script->segmentation = true;
	} else if (**text == '=') {
		script_word(text);
		expect_information(script, name, text);
	} else {
		call_option(script, name, text);
	}
}

void script_line(struct script *script, char *line)
{
	char *word = line + strspn(line, " \t\n");

	if (*word == '+') {
		line = word;
		word = script_word(&line);
		pass(script, parse_delay(script, word));
	}
	line += strspn(line, " \t\n");
	if (*line == '>') {
		line += 1 + strspn(line + 1, " ");
		script_expect(script, line);
	} else if (*line == '<') {
		script_inject(script, line + 1);
	} else if ((word = script_word(&line)) != NULL) {
		run_call(script, word, &line);
	}
	if (*line != '>')
		tcp_flush(script->tcp);
	tcp_each(script->tcp, check, script);
}
