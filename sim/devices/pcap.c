/* Writing frames into a file (pcap.h). */
#include "pcap.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAGIC_NANOSECONDS 0xa1b23c4du
#define LINK_ETHERNET     1u

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t reserved[2];
	uint32_t longest; /* bytes of a frame */
	uint32_t link;
};

struct record {
	uint32_t seconds, nanoseconds;
	uint32_t kept, length; /* bytes */
};

bool pcap_begin(int file)
{
	const struct file_header header = {
		.magic = MAGIC_NANOSECONDS, .major = 2, .minor = 4, .longest = NET_FRAME_MAXIMUM, .link = LINK_ETHERNET};

	return write(file, &header, sizeof(header)) == (ssize_t)sizeof(header);
}

/* The checksum that the frame's header asks for: RFC 1071, over the frame from where it says. */
static void complete(uint8_t *bytes, const struct net_frame *frame)
{
	uint32_t start = frame->header.checksum_start, field = start + frame->header.checksum_offset;
	uint64_t sum = 0;

	for (uint32_t i = start; i < frame->length; i++)
		sum += (i - start) % 2 == 0 ? (uint64_t)bytes[i] << 8 : bytes[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	bytes[field] = (uint8_t)(~sum >> 8);
	bytes[field + 1] = (uint8_t)~sum;
}

bool pcap_add(int file, const struct net_frame *frame)
{
	uint8_t buffer[sizeof(struct record) + NET_FRAME_MAXIMUM], *bytes = buffer + sizeof(struct record);
	size_t total = sizeof(struct record) + frame->length;
	struct record record = {.kept = frame->length, .length = frame->length};
	struct timespec now;
	uint32_t at = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	record.seconds = (uint32_t)now.tv_sec;
	record.nanoseconds = (uint32_t)now.tv_nsec;
	memcpy(buffer, &record, sizeof(record));
	for (uint32_t i = 0; i < frame->segment_count; i++) {
		memcpy(bytes + at, frame->segments[i].address, frame->segments[i].length);
		at += frame->segments[i].length;
	}
	if (frame->header.flags & NET_NEEDS_CHECKSUM)
		complete(bytes, frame);
	return write(file, buffer, total) == (ssize_t)total;
}
