/*
 * A card of the hosted build: a TAP device of Linux's that the host has opened for
 * the process (drydock/dev/net.h), with IFF_VNET_HDR. What the host says of it, and
 * how the process works on it. Linux: Documentation/networking/tuntap.rst.
 */
#ifndef DRYDOCK_SIM_DEVICES_TAP_H
#define DRYDOCK_SIM_DEVICES_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/dev/net.h>
#include <drydock/os.h>

#include "sim/user/start.h"

#define TAP_NAME_SIZE 16 /* IFNAMSIZ */
#define TAP_FRAMES    64 /* received frames on loan at most */
#define TAP_PIECES    16 /* of memory */

/* Parameters of DEVICE_CARD; descriptors are the TAP, non-blocking, and where frames are recorded a file. */
struct tap_parameters {
	uint8_t address[NET_ADDRESS_SIZE]; /* of this end of the wire; Linux's end has another */
	uint16_t reserved;
	uint32_t mtu;
	uint32_t offloads;                 /* NET_OFFLOAD_* that there can be, both ways */
	char name[TAP_NAME_SIZE];          /* NUL-terminated */
};
_Static_assert(sizeof(struct tap_parameters) <= DEVICE_PARAMETERS, "fits into the packet");

/* Memory that was handed out by device_allocate. */
struct tap_piece {
	uint8_t *address; /* NULL: free */
	size_t size;
	handle_t handle;
};

struct tap {
	struct net_card card;
	struct os *os;
	char name[TAP_NAME_SIZE];
	int descriptor;
	int record;           /* file that frames are recorded in; -1: none */
	struct list waiting;  /* struct net_frame.link: to be written */
	struct list ended;    /* the same: `done` is to be called */
	struct list free;     /* struct net_frame.link, of `frames` */
	struct net_frame frames[TAP_FRAMES];
	uint8_t *memory;      /* of received frames, TAP_FRAMES times */
	handle_t memory_handle;
	struct tap_piece pieces[TAP_PIECES];
};

/*
 * Makes a card of what the host has handed over; the descriptors stay the caller's, and
 * open for as long as the card lives. `record` is -1 for none. The card has those offloads of
 * its parameters. False with the reason in `error` (a constant).
 */
bool tap_create(struct tap *tap, struct os *os, const struct tap_parameters *parameters, int descriptor, int record,
                const char **error);

/* Has Linux leave no more to this end than `offloads` (NET_OFFLOAD_*). False with errno. */
bool tap_negotiate(int descriptor, uint32_t offloads);

/* Nobody is told the end of any frame. Frees all memory of the card. */
void tap_destroy(struct tap *tap);

#endif
