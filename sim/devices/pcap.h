/*
 * Frames into a file that tcpdump and Wireshark read (draft-ietf-opsawg-pcap,
 * with nanoseconds). Checksums that were left to a card are made in the file, so
 * that none looks wrong there; frames that a card is to cut stand there whole.
 */
#ifndef DRYDOCK_SIM_DEVICES_PCAP_H
#define DRYDOCK_SIM_DEVICES_PCAP_H

#include <stdbool.h>

#include <drydock/dev/net.h>

/* Begins the file, which is empty. False: it cannot be written. */
bool pcap_begin(int file);

/* Adds a frame. False where it could not be written whole: the file is of no more use. */
bool pcap_add(int file, const struct net_frame *frame);

#endif
