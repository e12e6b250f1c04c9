/*
 * Opening TAP devices (card.h). One that scripts/tap has made, or somebody else,
 * is used as it is; where there is none, and Linux lets us, it is made here, goes
 * with the host, and Linux's end gets an address.
 */
#include "card.h"
#include "card_namespace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/devices/pcap.h"

static bool fail(char *error, size_t size, const struct host_card_options *options, const char *what)
{
	snprintf(error, size, "TAP %s: %s: %s", options->tap, what, strerror(errno));
	return false;
}

/* ---- the device ------------------------------------------------------------------- */

static bool attach(const struct host_card_options *options, struct host_card *card, char *error, size_t size)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

	card->tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (card->tap < 0)
		return fail(error, size, options, "cannot open /dev/net/tun");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", options->tap);
	if (ioctl(card->tap, TUNSETIFF, &request) == 0) {
		memcpy(card->parameters.name, request.ifr_name, TAP_NAME_SIZE - 1);
		return true;
	}
	if (errno != EPERM)
		return fail(error, size, options, errno == EBUSY ? "another program has it" : "cannot use it");
	snprintf(error, size, "TAP %s: it is not there, or not ours; make it by: sudo scripts/tap %s", options->tap,
	         options->tap);
	return false;
}

/* Virtio's header, of the size that net.h has, and what each side may leave to the other. */
static bool negotiate(const struct host_card_options *options, struct host_card *card, char *error, size_t size)
{
	static const uint32_t choices[] = {NET_OFFLOAD_CHECKSUM | NET_OFFLOAD_TCP4 | NET_OFFLOAD_TCP6,
	                                   NET_OFFLOAD_CHECKSUM, 0};
	int header = sizeof(struct net_header);
	size_t first = options->no_offload ? 2 : 0;

	if (ioctl(card->tap, TUNSETVNETHDRSZ, &header) != 0)
		return fail(error, size, options, "Linux does not know virtio's header");
	for (size_t i = first; i < sizeof(choices) / sizeof(choices[0]); i++) {
		if (tap_negotiate(card->tap, choices[i])) {
			card->parameters.offloads = choices[i];
			return true;
		}
	}
	return fail(error, size, options, "cannot agree on offloads");
}

/* ---- Linux's end ------------------------------------------------------------------- */

static bool set_address(int socket, struct ifreq *request, const struct host_card_options *options)
{
	struct sockaddr_in *address = (struct sockaddr_in *)(void *)&request->ifr_addr;

	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(options->peer)};
	if (ioctl(socket, SIOCSIFADDR, request) != 0)
		return false;
	address->sin_addr.s_addr = htonl(options->prefix == 0 ? 0 : UINT32_MAX << (32 - options->prefix));
	return ioctl(socket, SIOCSIFNETMASK, request) == 0;
}

/* Besides the link-local one that Linux gives it. */
static bool set_address6(struct ifreq *name, const struct host_card_options *options)
{
	struct in6_ifreq request = {.ifr6_prefixlen = options->prefix6};
	int socket6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool set;

	if (socket6 < 0)
		return false;
	memcpy(&request.ifr6_addr, options->peer6, sizeof(request.ifr6_addr));
	set = ioctl(socket6, SIOCGIFINDEX, name) == 0;
	request.ifr6_ifindex = name->ifr_ifindex;
	set = set && ioctl(socket6, SIOCSIFADDR, &request) == 0;
	close(socket6);
	return set;
}

/* Gives Linux's end of a TAP that is down, which nobody has set up, an address; sets and learns the MTU. */
static bool set_up(const struct host_card_options *options, struct host_card *card, int socket, char *error,
                   size_t size)
{
	struct ifreq request = {0};
	bool up;

	memcpy(request.ifr_name, card->parameters.name, sizeof(request.ifr_name));
	if (options->mtu != 0) {
		request.ifr_mtu = (int)options->mtu;
		if (ioctl(socket, SIOCSIFMTU, &request) != 0)
			return fail(error, size, options, "cannot set its MTU");
	}
	if (ioctl(socket, SIOCGIFMTU, &request) != 0)
		return fail(error, size, options, "cannot learn its MTU");
	card->parameters.mtu = (uint32_t)request.ifr_mtu;
	if (ioctl(socket, SIOCGIFFLAGS, &request) != 0)
		return fail(error, size, options, "cannot learn whether it is up");
	up = (request.ifr_flags & IFF_UP) != 0;
	if (up || !options->configure)
		return true;
	if (!set_address(socket, &request, options))
		return fail(error, size, options, "cannot give it an address");
	if (ioctl(socket, SIOCGIFFLAGS, &request) != 0)
		return fail(error, size, options, "cannot learn whether it is up");
	request.ifr_flags |= IFF_UP;
	if (ioctl(socket, SIOCSIFFLAGS, &request) != 0)
		return fail(error, size, options, "cannot set it up");
	return options->prefix6 == 0 || set_address6(&request, options) ||
	       fail(error, size, options, "cannot give it an IPv6 address");
}

/* Locally administered, of one machine (IEEE 802, section 8.4), and nobody else's. */
static bool choose_address(struct host_card *card)
{
	uint8_t *address = card->parameters.address;

	if (getrandom(address, NET_ADDRESS_SIZE, 0) != NET_ADDRESS_SIZE)
		return false;
	address[0] = (uint8_t)((address[0] & 0xfc) | 0x02);
	return true;
}

static bool open_record(const struct host_card_options *options, struct host_card *card, char *error, size_t size)
{
	if (options->record == NULL)
		return true;
	card->record = open(options->record, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (card->record >= 0 && pcap_begin(card->record))
		return true;
	snprintf(error, size, "%s: %s", options->record, strerror(errno));
	return false;
}

bool card_open_here(const struct host_card_options *options, struct host_card *card, char *error, size_t size)
{
	int control;
	bool good;

	*card = (struct host_card){.options = options, .tap = -1, .record = -1};
	control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (control < 0)
		return fail(error, size, options, "no sockets");
	good = attach(options, card, error, size) && negotiate(options, card, error, size) &&
	       set_up(options, card, control, error, size) && open_record(options, card, error, size);
	if (good && !choose_address(card))
		good = fail(error, size, options, "cannot choose a hardware address");
	close(control);
	if (!good)
		card_close(card);
	return good;
}

bool card_open(const struct host_card_options *options, struct host_card *card, char *error, size_t size)
{
	return options->own_namespace ? card_namespace_open(options, card, error, size)
	                              : card_open_here(options, card, error, size);
}

void card_close(struct host_card *card)
{
	if (card->tap >= 0)
		close(card->tap);
	if (card->record >= 0)
		close(card->record);
	card->tap = card->record = -1;
	card_namespace_close(card);
}
