/* What Linux may leave to this end of a TAP: asked by the host first, and by the process that has it (tap.h). */
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include "tap.h"

bool tap_negotiate(int descriptor, uint32_t offloads)
{
	unsigned long features = (offloads & NET_OFFLOAD_CHECKSUM ? TUN_F_CSUM : 0) |
	                         (offloads & NET_OFFLOAD_TCP4 ? TUN_F_TSO4 : 0) |
	                         (offloads & NET_OFFLOAD_TCP6 ? TUN_F_TSO6 : 0);

	return ioctl(descriptor, TUNSETOFFLOAD, features) == 0;
}
