/* The rules of drydock/dev/block.h and net.h about single requests and frames. */
#include "drivers/check.h"

#include <drydock/posix.h>

static bool aligned(uint64_t value, uint32_t unit)
{
	return (value & (unit - 1)) == 0;
}

static int32_t check_segments(const struct disk_geometry *geometry, const struct disk_request *request)
{
	uint64_t total = 0;

	if (request->segment_count == 0 || request->segment_count > geometry->segments_maximum ||
	    request->length > geometry->transfer_maximum)
		return POSIX_EINVAL;
	for (uint32_t i = 0; i < request->segment_count; i++) {
		const struct device_segment *segment = &request->segments[i];

		if (segment->length == 0 || segment->length > geometry->segment_maximum ||
		    !aligned(segment->length, geometry->block_size) ||
		    !aligned((uintptr_t)segment->address, geometry->block_size))
			return POSIX_EINVAL;
		total += segment->length;
	}
	return total == request->length ? 0 : POSIX_EINVAL;
}

static int32_t check_range(const struct disk_geometry *geometry, const struct disk_request *request)
{
	if (request->length == 0 || !aligned(request->length, geometry->block_size) ||
	    !aligned(request->offset, geometry->block_size))
		return POSIX_EINVAL;
	if (request->length > geometry->size || request->offset > geometry->size - request->length)
		return POSIX_EINVAL;
	return 0;
}

static int32_t check_discard(const struct disk_geometry *geometry, const struct disk_request *request)
{
	if (!(geometry->flags & DISK_CAN_DISCARD))
		return POSIX_EOPNOTSUPP;
	return request->segment_count == 0 && request->length <= geometry->discard_maximum ? 0 : POSIX_EINVAL;
}

int32_t disk_check(const struct disk_geometry *geometry, const struct disk_request *request)
{
	int32_t status;

	if ((request->flags & ~DISK_FUA) || (request->flags && request->operation != DISK_WRITE))
		return POSIX_EINVAL;
	switch (request->operation) {
	case DISK_FLUSH:
		return request->segment_count || request->offset || request->length ? POSIX_EINVAL : 0;
	case DISK_READ:
	case DISK_WRITE:
	case DISK_DISCARD:
		break;
	default:
		return POSIX_EOPNOTSUPP;
	}
	if (request->operation != DISK_READ && (geometry->flags & DISK_READ_ONLY))
		return POSIX_EROFS;
	status = check_range(geometry, request);
	if (status)
		return status;
	return request->operation == DISK_DISCARD ? check_discard(geometry, request)
	                                          : check_segments(geometry, request);
}

static bool check_segmentation(const struct net_header *header, uint32_t length, uint32_t offloads)
{
	switch (header->segmentation) {
	case NET_SEGMENT_NONE:
		return true;
	case NET_SEGMENT_TCP4:
		offloads &= NET_OFFLOAD_TCP4;
		break;
	case NET_SEGMENT_TCP6:
		offloads &= NET_OFFLOAD_TCP6;
		break;
	default:
		return false;
	}
	/* Segments are made by making their checksums. Virtio 1.2, section 5.1.6.2. */
	return offloads && (header->flags & NET_NEEDS_CHECKSUM) && header->segment_size != 0 &&
	       header->header_length <= length;
}

bool net_check_header(const struct net_header *header, uint32_t length, uint32_t offloads)
{
	if (header->flags & ~(NET_NEEDS_CHECKSUM | NET_CHECKSUM_VALID))
		return false;
	if (header->flags && !(offloads & NET_OFFLOAD_CHECKSUM))
		return false;
	if ((header->flags & NET_NEEDS_CHECKSUM) &&
	    (uint32_t)header->checksum_start + header->checksum_offset + 2 > length)
		return false;
	return check_segmentation(header, length, offloads);
}

int32_t net_check(const struct net_card *card, const struct net_frame *frame)
{
	uint64_t total = 0;
	uint32_t maximum = NET_FRAME_MAXIMUM;

	if (frame->header.segmentation == NET_SEGMENT_NONE)
		maximum = card->mtu + NET_ETHERNET_HEADER;
	if (frame->length < NET_ETHERNET_HEADER || frame->length > maximum)
		return POSIX_EINVAL;
	if (frame->segment_count == 0 || frame->segment_count > NET_SEGMENTS_MAXIMUM)
		return POSIX_EINVAL;
	for (uint32_t i = 0; i < frame->segment_count; i++) {
		if (frame->segments[i].length == 0)
			return POSIX_EINVAL;
		total += frame->segments[i].length;
	}
	if (total != frame->length || (frame->header.flags & NET_CHECKSUM_VALID))
		return POSIX_EINVAL;
	return net_check_header(&frame->header, frame->length, card->transmit_offloads) ? 0 : POSIX_EINVAL;
}
