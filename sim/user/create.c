/*
 * Making and ending a process's end of the system: the first packet on the
 * descriptor socket brings the kernel lane and what goes with it.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static void close_all(int *descriptors, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		close(descriptors[i]);
}

/* What the host may send. */
union packet {
	struct descriptor_header header;
	struct descriptor_start start;
	struct descriptor_device device;
};

/*
 * One packet and its descriptors, at most DESCRIPTOR_MAXIMUM. False where it is
 * none of this version, or says another count than came: nothing is open then.
 */
static bool receive(int socket, union packet *packet, size_t *length, int descriptors[DESCRIPTOR_MAXIMUM])
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(DESCRIPTOR_MAXIMUM * sizeof(int))];
	} control;
	struct iovec vector = {.iov_base = packet, .iov_len = sizeof(*packet)};
	struct msghdr message = {.msg_iov = &vector,
	                         .msg_iovlen = 1,
	                         .msg_control = &control,
	                         .msg_controllen = sizeof(control)};
	const struct descriptor_header *header = &packet->header;
	uint32_t received = 0;
	ssize_t bytes;

	do {
		bytes = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	} while (bytes < 0 && errno == EINTR);
	if (bytes < 0)
		return false;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL;
	     part = CMSG_NXTHDR(&message, part)) {
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS ||
		    count > DESCRIPTOR_MAXIMUM - received)
			continue;
		memcpy(&descriptors[received], CMSG_DATA(part), count * sizeof(int));
		received += (uint32_t)count;
	}
	*length = (size_t)bytes;
	if (*length >= sizeof(*header) && header->magic == DESCRIPTOR_MAGIC &&
	    header->version == DESCRIPTOR_VERSION && header->count == received &&
	    (message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) == 0)
		return true;
	close_all(descriptors, received);
	return false;
}

bool descriptors_receive(int socket, enum descriptor_type type, int *descriptors, uint32_t count)
{
	int received[DESCRIPTOR_MAXIMUM];
	union packet packet;
	size_t length;

	if (!receive(socket, &packet, &length, received))
		return false;
	if (length == sizeof(packet.header) && packet.header.type == type && packet.header.count == count) {
		memcpy(descriptors, received, count * sizeof(int));
		return true;
	}
	close_all(received, packet.header.count);
	return false;
}

static bool keep_device(struct os *os, const struct descriptor_device *packet, const int *descriptors)
{
	struct os_device *device = &os->devices[os->device_count];
	uint32_t count = packet->header.count;
	int born = (int)packet->born;

	if (os->device_count == OS_DEVICES || count > DEVICE_DESCRIPTORS || (count == 0) != (born != 0))
		return false;
	if (born != 0) {
		if (fcntl(born, F_SETFD, FD_CLOEXEC) != 0)
			return false;
		descriptors = &born;
		count = 1;
	}
	device->kind = packet->kind;
	device->descriptor_count = count;
	memcpy(device->descriptors, descriptors, count * sizeof(int));
	memcpy(device->parameters, packet->parameters, sizeof(device->parameters));
	os->device_count++;
	return true;
}

/* DESCRIPTOR_START, and the devices before it. */
static bool receive_start(struct os *os, int *descriptors)
{
	int received[DESCRIPTOR_MAXIMUM];
	union packet packet;
	size_t length;

	while (receive(os->socket, &packet, &length, received)) {
		if (packet.header.type == DESCRIPTOR_DEVICE && length == sizeof(packet.device) &&
		    keep_device(os, &packet.device, received))
			continue;
		if (packet.header.type == DESCRIPTOR_START && length == sizeof(packet.start) &&
		    packet.header.count == START_DESCRIPTORS) {
			os->scheduling = packet.start.scheduling;
			memcpy(descriptors, received, sizeof(int) * START_DESCRIPTORS);
			return true;
		}
		close_all(received, packet.header.count);
		return false;
	}
	return false;
}

struct os_device *os_device(struct os *os, enum device_kind kind, uint32_t index)
{
	for (uint32_t i = 0; i < os->device_count; i++) {
		if (os->devices[i].kind == kind && index-- == 0)
			return &os->devices[i];
	}
	return NULL;
}

/* One mapping of the whole of what `descriptor` names; NULL on failure. */
static void *map(int descriptor, size_t size, int protection)
{
	void *address = mmap(NULL, size, protection, MAP_SHARED, descriptor, 0);

	if (address == MAP_FAILED)
		return NULL;
	/* A forked child is no process of the system: it must not speak as its parent. */
	madvise(address, size, MADV_DONTFORK);
	return address;
}

static bool map_all(struct os *os, const int *descriptors)
{
	os->lane = map(descriptors[START_KERNEL_LANE], lane_size(KERNEL_LANE_DEPTH, KERNEL_BUFFER_SIZE),
	               PROT_READ | PROT_WRITE);
	os->notice = map(descriptors[START_NOTICE], PAGE_SIZE, PROT_READ);
	os->page = map(descriptors[START_OWNER_PAGE], PAGE_SIZE, PROT_READ | PROT_WRITE);
	os->host_page = map(descriptors[START_HOST_PAGE], PAGE_SIZE, PROT_READ);
	return os->lane != NULL && os->notice != NULL && os->page != NULL && os->host_page != NULL;
}

static uint32_t count_processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return (uint32_t)CPU_COUNT(&set);
}

static struct os *fail(struct os *os, char *error, size_t size, const char *text)
{
	snprintf(error, size, "%s", text);
	if (os != NULL)
		os_destroy(os);
	return NULL;
}

struct os *os_create(int descriptor_socket, char *error, size_t size)
{
	struct os *os = calloc(1, sizeof(*os));
	int descriptors[START_DESCRIPTORS];
	bool mapped;

	if (os == NULL) {
		close(descriptor_socket);
		return fail(NULL, error, size, "out of memory");
	}
	os->socket = descriptor_socket;
	os->doorbell = os->host_doorbell = -1;
	if (!receive_start(os, descriptors))
		return fail(os, error, size,
		            "the host did not hand over this process's lanes (is it of the same version?)");
	os->doorbell = descriptors[START_DOORBELL];
	os->host_doorbell = descriptors[START_HOST_DOORBELL];
	mapped = map_all(os, descriptors);
	close(descriptors[START_KERNEL_LANE]);
	close(descriptors[START_NOTICE]);
	close(descriptors[START_OWNER_PAGE]);
	close(descriptors[START_HOST_PAGE]);
	if (!mapped)
		return fail(os, error, size, "cannot map this process's lanes");
	memcpy(&os->start, os_buffer(os), sizeof(os->start));
	if (os->start.magic != START_MAGIC || os->start.version != START_VERSION)
		return fail(os, error, size, "the kernel buffer holds no start block of this version");
	/* Where the scheduler server decides there is one processor, whatever Linux has. */
	os->processor_count = os->scheduling == SCHEDULING_LINUX ? count_processors() : 1;
	tool_learn_stack(&os->stack);
	return os;
}

void os_destroy(struct os *os)
{
	if (os->lane != NULL)
		munmap(os->lane, lane_size(KERNEL_LANE_DEPTH, KERNEL_BUFFER_SIZE));
	if (os->notice != NULL)
		munmap((void *)(uintptr_t)os->notice, PAGE_SIZE);
	if (os->page != NULL)
		munmap(os->page, PAGE_SIZE);
	if (os->host_page != NULL)
		munmap((void *)(uintptr_t)os->host_page, PAGE_SIZE);
	for (uint32_t i = 0; i < os->device_count; i++)
		close_all(os->devices[i].descriptors, os->devices[i].descriptor_count);
	if (os->doorbell >= 0)
		close(os->doorbell);
	if (os->host_doorbell >= 0)
		close(os->host_doorbell);
	close(os->socket);
	free(os);
}
