/* The program on Linux (network_load.h). */
#include "network_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "network_links.h"
#include "sim/cli/cli.h"

#define BUFFER_SIZE (256u << 10)
#define SAMPLES     (1u << 20)
#define SMALL       64 /* bytes of a request, and of its response */

static uint8_t buffer[BUFFER_SIZE]; /* hosted: one load at a time */

static int connect_to(struct in_addr address, uint16_t port)
{
	const struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address};
	const struct timeval limit = {.tv_sec = 10};
	const int on = 1;
	int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (descriptor >= 0 && setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
	    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
	    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    connect(descriptor, (const struct sockaddr *)&name, sizeof(name)) == 0)
		return descriptor;
	cli_error("bench: cannot connect to %s, port %u: %s", inet_ntoa(address), port, strerror(errno));
	if (descriptor >= 0)
		close(descriptor);
	return -1;
}

static bool gone(const char *what)
{
	cli_error("bench: %s: %s", what, strerror(errno));
	return false;
}

/* Bytes that the peer has, of `written`. */
static uint64_t delivered(int descriptor, uint64_t written)
{
	int queued = 0;

	return ioctl(descriptor, SIOCOUTQ, &queued) == 0 ? written - (uint64_t)queued : 0;
}

bool net_load_send(struct in_addr address, uint64_t duration, double *rate)
{
	int descriptor = connect_to(address, NET_DISCARD);
	uint64_t start = clock_now(), begun = 0, written = 0, before = 0, now;
	ssize_t count = 1;

	if (descriptor < 0)
		return false;
	do {
		count = write(descriptor, buffer, BUFFER_SIZE);
		now = clock_now();
		written += count > 0 ? (uint64_t)count : 0;
		if (begun == 0 && now - start >= duration / 5) {
			begun = now;
			before = delivered(descriptor, written);
		}
	} while (count > 0 && (begun == 0 || now - begun < duration));
	*rate = (double)(delivered(descriptor, written) - before) * 8 / (double)(now - begun);
	close(descriptor);
	return count > 0 || gone("sending ended early");
}

/* Linux runs a socket's filter on each packet that is for it; what it refuses is as if it had not come. */
static bool lose(int descriptor, unsigned loss)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)(UINT32_MAX / 1000 * loss), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = {.len = sizeof(program) / sizeof(program[0]), .filter = program};

	return loss == 0 || setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0;
}

bool net_load_receive(struct in_addr address, uint64_t duration, unsigned loss, double *rate)
{
	int descriptor = connect_to(address, NET_SOURCE);
	uint64_t start = clock_now(), begun = 0, received = 0, now;
	ssize_t count;

	if (descriptor < 0)
		return false;
	if (!lose(descriptor, loss)) {
		close(descriptor);
		return gone("no packets can be lost");
	}
	do {
		count = read(descriptor, buffer, BUFFER_SIZE);
		now = clock_now();
		received += count > 0 ? (uint64_t)count : 0;
		if (begun == 0 && now - start >= duration / 5) {
			begun = now;
			received = 0;
		}
	} while (count > 0 && (begun == 0 || now - begun < duration));
	*rate = (double)received * 8 / (double)(now - begun);
	close(descriptor);
	return count > 0 || gone("receiving ended early");
}

/* ---- requests ---------------------------------------------------------------------- */

static bool there_and_back(int descriptor)
{
	size_t done = 0;

	if (write(descriptor, buffer, SMALL) != SMALL)
		return false;
	while (done < SMALL) {
		ssize_t count = read(descriptor, buffer + done, SMALL - done);

		if (count <= 0)
			return false;
		done += (size_t)count;
	}
	return true;
}

static int compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

bool net_load_echo(struct in_addr address, uint64_t duration, double *median, double *rate)
{
	static uint32_t samples[SAMPLES]; /* nanoseconds */
	int descriptor = connect_to(address, NET_ECHO);
	uint64_t start = clock_now(), last, now;
	uint32_t count = 0;
	bool good = descriptor >= 0;

	while (good && clock_now() - start < duration / 5)
		good = there_and_back(descriptor);
	start = last = now = clock_now();
	while (good && now - start < duration && count < SAMPLES) {
		good = there_and_back(descriptor);
		now = clock_now();
		samples[count++] = now - last < UINT32_MAX ? (uint32_t)(now - last) : UINT32_MAX;
		last = now;
	}
	if (descriptor >= 0)
		close(descriptor);
	if (!good || count == 0)
		return gone("a request was not answered");
	qsort(samples, count, sizeof(samples[0]), compare);
	*median = samples[count / 2];
	*rate = (double)count / (double)(now - start);
	return true;
}

bool net_load_hold(struct in_addr address, int *sockets)
{
	const rlim_t wanted = NET_HELD_TABLES * NET_HELD_EACH + 256;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return gone("no limit of descriptors");
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = wanted;
		if (limit.rlim_max < wanted || setrlimit(RLIMIT_NOFILE, &limit) != 0)
			return gone("10,000 connections are too many for `ulimit -n'");
	}
	for (int i = 0; i < NET_HELD_TABLES * NET_HELD_EACH; i++) {
		sockets[i] = connect_to(address, (uint16_t)(NET_HELD + i / NET_HELD_EACH));
		if (sockets[i] < 0)
			return false;
	}
	return true;
}

bool net_load_http(struct in_addr address, double *rate)
{
	static const char wanted[] = "Requests/sec:";
	char line[256];
	bool found = false, errors = false;
	FILE *output;

	snprintf(line, sizeof(line), "wrk -t1 -c64 -d1s http://%s:%d/1k 2>/dev/null", inet_ntoa(address), NET_HTTP);
	output = popen(line, "r");
	while (output != NULL && fgets(line, sizeof(line), output) != NULL) {
		const char *at = strstr(line, wanted);

		errors |= strstr(line, "Non-2xx") != NULL;
		if (at != NULL) {
			*rate = strtod(at + strlen(wanted), NULL);
			found = *rate > 0;
		}
	}
	return output != NULL && pclose(output) == 0 && found && !errors;
}
