/* Checksums that formats on disks and wires use; they guard against accidents, not against strangers. */
#ifndef DRYDOCK_CHECKSUM_H
#define DRYDOCK_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Goes on with a CRC of what came before `data`. Nothing is inverted at either
 * end: who wants the usual CRC-32C begins with 0xffffffff and inverts the result.
 */

/* CRC-32C (Castagnoli; RFC 3720, appendix B.4), reflected. */
uint32_t checksum_crc32c(uint32_t crc, const void *data, size_t length);

/* CRC-16 of polynomial x^16 + x^15 + x^2 + 1, reflected. */
uint16_t checksum_crc16(uint16_t crc, const void *data, size_t length);

#endif
