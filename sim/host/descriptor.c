/* Descriptors: memfds, reopening, and handing them over. */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int descriptor_reopen(int descriptor, int flags)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	return open(path, flags | O_CLOEXEC);
}

void descriptor_close(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

int memory_file(const char *name, uint64_t size, unsigned seals)
{
	int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int error;

	if (file < 0)
		return -1;
	/* Size is sealed at once: a peer that shrank it would kill us by SIGBUS. */
	if (size <= INT64_MAX && ftruncate(file, (off_t)size) == 0 &&
	    fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | seals) == 0)
		return file;
	error = errno;
	close(file);
	errno = error;
	return -1;
}

/* `packet` begins with a header. */
static bool send_packet(const struct host_process *process, void *packet, size_t size, const int *descriptors,
                        uint32_t count)
{
	struct iovec vector = {.iov_base = packet, .iov_len = size};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(DESCRIPTOR_MAXIMUM * sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};

	if (count > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), descriptors, count * sizeof(int));
	}
	return sendmsg(process->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
}

static struct descriptor_header make_header(enum descriptor_type type, uint32_t count)
{
	return (struct descriptor_header){
		.magic = DESCRIPTOR_MAGIC, .version = DESCRIPTOR_VERSION, .type = type, .count = count};
}

bool descriptor_send(const struct host_process *process, enum descriptor_type type, const int *descriptors,
                     uint32_t count)
{
	struct descriptor_header header = make_header(type, count);

	return send_packet(process, &header, sizeof(header), descriptors, count);
}

bool descriptor_send_start(const struct host_process *process, enum scheduling scheduling, const int *descriptors)
{
	struct descriptor_start packet = {.header = make_header(DESCRIPTOR_START, START_DESCRIPTORS),
	                                  .scheduling = scheduling};

	return send_packet(process, &packet, sizeof(packet), descriptors, START_DESCRIPTORS);
}

bool descriptor_send_device(const struct host_process *process, enum device_kind kind, const void *parameters,
                            size_t size, const int *descriptors, uint32_t count, uint32_t born)
{
	struct descriptor_device packet = {
		.header = make_header(DESCRIPTOR_DEVICE, count), .kind = kind, .born = born};

	memcpy(packet.parameters, parameters, size);
	return send_packet(process, &packet, sizeof(packet), descriptors, count);
}
