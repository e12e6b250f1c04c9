/* A card over a TAP: one read or write of Linux's for each frame, which may be a segment of 64 KiB (tap.h). */
#include "tap.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <drydock/posix.h>

#include "drivers/check.h"
#include "pcap.h"

#define BATCH      16u /* frames handed on at once */
#define FRAME_SIZE ((NET_FRAME_MAXIMUM + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE)

static struct tap *of(struct device *device)
{
	return list_entry(device, struct tap, card.device);
}

/* A disk that is full ends the recording, not the network. */
static void record(struct tap *tap, const struct net_frame *frame)
{
	if (tap->record >= 0 && !pcap_add(tap->record, frame))
		tap->record = -1;
}

/* ---- memory -------------------------------------------------------------------- */

static bool holds(const struct tap *tap, const struct device_segment *segment)
{
	uintptr_t at = (uintptr_t)segment->address;

	for (size_t i = 0; i < TAP_PIECES; i++) {
		uintptr_t start = (uintptr_t)tap->pieces[i].address;

		if (start != 0 && at >= start && at - start < tap->pieces[i].size &&
		    segment->length <= tap->pieces[i].size - (at - start))
			return true;
	}
	return false;
}

static void *tap_allocate(struct device *device, size_t size)
{
	struct tap *tap = of(device);
	void *address;

	if (size == 0 || size % PAGE_SIZE != 0)
		return NULL;
	for (size_t i = 0; i < TAP_PIECES; i++) {
		struct tap_piece *piece = &tap->pieces[i];

		if (piece->address != NULL)
			continue;
		if (os_memory_allocate(tap->os, size, 0, &piece->handle, &address) != E_OK)
			return NULL;
		piece->address = address;
		piece->size = size;
		return address;
	}
	return NULL;
}

static void free_piece(struct tap *tap, struct tap_piece *piece)
{
	os_memory_free(tap->os, piece->handle, piece->address, piece->size);
	piece->address = NULL;
}

static void tap_free(struct device *device, void *address, size_t size)
{
	struct tap *tap = of(device);

	for (size_t i = 0; i < TAP_PIECES; i++) {
		if (tap->pieces[i].address == address && tap->pieces[i].size == size)
			free_piece(tap, &tap->pieces[i]);
	}
}

/* ---- transmitting ----------------------------------------------------------------- */

static void end(struct tap *tap, struct net_frame *frame, int32_t status)
{
	frame->status = status;
	list_add_tail(&tap->ended, &frame->link);
}

static int32_t check(const struct tap *tap, const struct net_frame *frame)
{
	int32_t status = tap->card.device.fault != NULL ? POSIX_EIO : net_check(&tap->card, frame);

	for (uint32_t i = 0; status == 0 && i < frame->segment_count; i++) {
		if (!holds(tap, &frame->segments[i]))
			status = POSIX_EFAULT;
	}
	return status;
}

static void tap_transmit(struct net_card *card, struct net_frame *frame)
{
	struct tap *tap = of(&card->device);
	int32_t status = check(tap, frame);

	if (status != 0)
		end(tap, frame, status);
	else
		list_add_tail(&tap->waiting, &frame->link);
}

static void break_down(struct tap *tap, int error)
{
	tap->card.device.fault = error == EBADFD ? "the TAP device was removed" : "the TAP device does not work";
	for (struct list *link; (link = list_take(&tap->waiting)) != NULL;)
		end(tap, list_entry(link, struct net_frame, link), POSIX_EIO);
}

/* 0 or an error number. */
static int put(struct tap *tap, struct net_frame *frame)
{
	struct iovec vectors[1 + NET_SEGMENTS_MAXIMUM] = {{&frame->header, sizeof(frame->header)}};

	for (uint32_t i = 0; i < frame->segment_count; i++)
		vectors[1 + i] = (struct iovec){frame->segments[i].address, frame->segments[i].length};
	while (writev(tap->descriptor, vectors, (int)frame->segment_count + 1) < 0) {
		if (errno != EINTR)
			return errno;
	}
	record(tap, frame);
	return 0;
}

/* A TAP takes what it is given, or drops it; EAGAIN comes only where somebody has bounded its memory. */
static void tap_kick(struct device *device)
{
	struct tap *tap = of(device);

	while (!list_empty(&tap->waiting)) {
		struct net_frame *frame = list_entry(tap->waiting.next, struct net_frame, link);
		int error = put(tap, frame);

		if (error == EAGAIN)
			return;
		if (error == EBADFD) {
			break_down(tap, error);
			return;
		}
		list_remove(&frame->link);
		/* EIO: Linux's end is down. What is sent without a link is lost, as on any card. */
		end(tap, frame, error == 0 || error == EIO ? 0 : POSIX_EINVAL);
	}
}

/* ---- receiving --------------------------------------------------------------------- */

static uint8_t *memory_of(const struct tap *tap, const struct net_frame *frame)
{
	return tap->memory + (size_t)(frame - tap->frames) * FRAME_SIZE;
}

/* Reads one frame. False where there is none now. */
static bool get(struct tap *tap, struct net_frame *frame)
{
	struct net_header header;
	struct iovec vectors[] = {{&header, sizeof(header)}, {memory_of(tap, frame), NET_FRAME_MAXIMUM}};
	ssize_t length;

	do {
		length = readv(tap->descriptor, vectors, 2);
	} while (length < 0 && errno == EINTR);
	if (length < 0 && errno != EAGAIN)
		break_down(tap, errno);
	if (length < 0)
		return false;
	frame->length = length > (ssize_t)sizeof(header) ? (uint32_t)length - (uint32_t)sizeof(header) : 0;
	frame->header = header;
	frame->segment_count = 1;
	frame->segments[0] = (struct device_segment){vectors[1].iov_base, frame->length};
	return true;
}

static bool receive(struct tap *tap)
{
	struct net_frame *frames[BATCH];
	uint32_t count = 0;
	bool any = false;

	while (count < BATCH && !list_empty(&tap->free) && tap->card.device.fault == NULL) {
		struct net_frame *frame = list_entry(tap->free.next, struct net_frame, link);

		if (!get(tap, frame))
			break;
		any = true;
		if (frame->length < NET_ETHERNET_HEADER ||
		    !net_check_header(&frame->header, frame->length, tap->card.receive_offloads)) {
			tap->card.dropped_invalid++;
			continue;
		}
		record(tap, frame);
		list_remove(&frame->link);
		frames[count++] = frame;
	}
	if (count > 0)
		tap->card.events->receive(tap->card.context, frames, count);
	return any;
}

static void tap_release(struct net_card *card, struct net_frame *frame)
{
	/* The next one comes into memory that is in the cache. */
	list_add_head(&of(&card->device)->free, &frame->link);
}

static bool tap_poll(struct device *device)
{
	struct tap *tap = of(device);
	struct list ended;
	bool any = !list_empty(&tap->ended);

	/* Those of this moment: what `done` transmits may end at once, and is for the next poll. */
	list_add_tail(&tap->ended, &ended);
	list_remove(&tap->ended);
	for (struct list *link; (link = list_take(&ended)) != NULL;) {
		struct net_frame *frame = list_entry(link, struct net_frame, link);

		frame->done(frame);
	}
	if (receive(tap))
		any = true;
	if (any)
		tap_kick(device);
	return any;
}

/* Linux wakes the sleeper while there is anything to read. */
static bool tap_arm(struct device *device)
{
	return list_empty(&of(device)->ended);
}

static void tap_interrupt(struct device *device, uint32_t vector)
{
	(void)device;
	(void)vector;
}

static const struct device_operations device_operations = {
	.poll = tap_poll,
	.kick = tap_kick,
	.arm = tap_arm,
	.interrupt = tap_interrupt,
	.allocate = tap_allocate,
	.free = tap_free,
};

static const struct net_operations net_operations = {.transmit = tap_transmit, .release = tap_release};

/* ---- making and ending ------------------------------------------------------------- */

bool tap_create(struct tap *tap, struct os *os, const struct tap_parameters *parameters, int descriptor,
                int record_file, const char **error)
{
	void *memory;

	memset(tap, 0, sizeof(*tap));
	tap->os = os;
	tap->descriptor = descriptor;
	tap->record = record_file;
	memcpy(tap->name, parameters->name, TAP_NAME_SIZE - 1);
	list_init(&tap->waiting);
	list_init(&tap->ended);
	list_init(&tap->free);
	*error = "Linux does not take the offloads";
	if (!tap_negotiate(descriptor, parameters->offloads))
		return false;
	*error = "no memory for frames";
	if (os_memory_allocate(os, TAP_FRAMES * FRAME_SIZE, 0, &tap->memory_handle, &memory) != E_OK)
		return false;
	tap->memory = memory;
	for (size_t i = 0; i < TAP_FRAMES; i++)
		list_add_tail(&tap->free, &tap->frames[i].link);
	tap->card = (struct net_card){
		.device.operations = &device_operations,
		.operations = &net_operations,
		.name = tap->name,
		.link_up = true,
		.mtu = parameters->mtu,
		.transmit_offloads = parameters->offloads,
		.receive_offloads = parameters->offloads,
		.transmit_depth = 1,
		.receive_depth = TAP_FRAMES,
	};
	memcpy(tap->card.address, parameters->address, NET_ADDRESS_SIZE);
	return true;
}

void tap_destroy(struct tap *tap)
{
	for (size_t i = 0; i < TAP_PIECES; i++) {
		if (tap->pieces[i].address != NULL)
			free_piece(tap, &tap->pieces[i]);
	}
	os_memory_free(tap->os, tap->memory_handle, tap->memory, TAP_FRAMES * FRAME_SIZE);
}
