/* The floor (network_floor.h). */
#include "network_floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sim/cli/cli.h"

#define CONNECTIONS 8u
#define MSS         1460u
#define SEGMENT     (44 * MSS) /* with offloads: what fits in a packet of 64 KiB */
#define SCALE       7u         /* of the window that is offered, which is always as large as can be */
#define STALLED     20         /* milliseconds without an acknowledgement */
#define HEADERS     (sizeof(struct ether_header) + sizeof(struct iphdr) + sizeof(struct tcphdr))

struct connection {
	uint32_t address; /* of the other end, in network order; 0: free */
	uint16_t remote_port, local_port; /* host order */
	uint32_t unacknowledged, next, received;
	uint32_t window;
	uint8_t scale;
	bool open, sending, owes; /* handshake done; it is a source; an acknowledgement is due */
	uint32_t unsaid;          /* bytes received since the last acknowledgement */
};

struct frame {
	struct virtio_net_hdr_v1 virtio;
	uint8_t bytes[65536 + 64];
};

static struct floor { /* one in its process */
	int tap;
	bool offloads;
	uint8_t own[ETH_ALEN], other[ETH_ALEN];
	uint32_t address; /* network order */
	struct connection connections[CONNECTIONS];
	uint32_t oldest;
	_Alignas(4) uint8_t before[2]; /* so that IP's header in the frame is where it can be read */
	struct frame frame;
	uint8_t zeros[SEGMENT];
} self;

/* ---- sending -------------------------------------------------------------------- */

static uint64_t sum_of(const void *bytes, size_t length, uint64_t sum)
{
	const uint8_t *at = bytes;
	uint32_t word;

	for (; length >= 4; at += 4, length -= 4) {
		memcpy(&word, at, 4);
		sum += word;
	}
	word = 0;
	memcpy(&word, at, length);
	return sum + word;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static uint64_t pseudo_sum(uint32_t other, size_t length)
{
	return (uint64_t)self.address + other + htons(IPPROTO_TCP) + htons((uint16_t)length);
}

/* One segment, of which the payload is `length` bytes at `data`; the options only of a SYN. */
static void send_segment(struct connection *connection, uint32_t sequence, uint8_t flags, const void *data, size_t length)
{
	static const uint8_t options[] = {TCPOPT_MAXSEG, 4, MSS >> 8, MSS & 0xff, TCPOPT_NOP, TCPOPT_WINDOW, 3, SCALE};
	size_t header = sizeof(struct tcphdr) + (flags & TH_SYN ? sizeof(options) : 0);
	struct {
		struct ether_header ethernet;
		struct iphdr ip;
		struct tcphdr tcp;
		uint8_t options[sizeof(options)];
	} __attribute__((packed)) headers = {0};
	struct virtio_net_hdr_v1 virtio = {0};
	struct iovec vectors[] = {{&virtio, sizeof(virtio)},
	                          {&headers, sizeof(headers) - sizeof(options) + header - sizeof(struct tcphdr)},
	                          {(void *)(uintptr_t)data, length}};
	uint64_t sum = pseudo_sum(connection->address, header + length);

	memcpy(headers.ethernet.ether_dhost, self.other, ETH_ALEN);
	memcpy(headers.ethernet.ether_shost, self.own, ETH_ALEN);
	headers.ethernet.ether_type = htons(ETHERTYPE_IP);
	headers.ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP, .frag_off = htons(IP_DF),
	                            .tot_len = htons((uint16_t)(sizeof(struct iphdr) + header + length)),
	                            .saddr = self.address, .daddr = connection->address};
	headers.ip.check = (uint16_t)~fold(sum_of(&headers.ip, sizeof(headers.ip), 0));
	headers.tcp.th_sport = htons(connection->local_port);
	headers.tcp.th_dport = htons(connection->remote_port);
	headers.tcp.th_seq = htonl(sequence);
	headers.tcp.th_ack = htonl(connection->received);
	headers.tcp.th_off = (uint8_t)(header / 4) & 15;
	headers.tcp.th_flags = flags | TH_ACK;
	headers.tcp.th_win = 65535;
	memcpy(headers.options, options, sizeof(options));
	if (self.offloads) {
		virtio.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		virtio.csum_start = sizeof(headers.ethernet) + sizeof(headers.ip);
		virtio.csum_offset = 16;
		headers.tcp.th_sum = fold(sum);
	} else {
		headers.tcp.th_sum = (uint16_t)~fold(sum_of(data, length, sum_of(&headers.tcp, header, sum)));
	}
	if (length > MSS) {
		virtio.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		virtio.gso_size = MSS;
		virtio.hdr_len = HEADERS;
	}
	/* What is lost is noticed as any loss. */
	if (writev(self.tap, vectors, length > 0 ? 3 : 2) < 0)
		return;
	connection->owes = false;
	connection->unsaid = 0;
}

static void pump(struct connection *connection)
{
	uint32_t most = self.offloads ? SEGMENT : MSS;

	while (connection->next - connection->unacknowledged + most <= connection->window) {
		send_segment(connection, connection->next, 0, self.zeros, most);
		connection->next += most;
	}
}

/* ---- receiving ------------------------------------------------------------------ */

static struct connection *find(uint32_t address, const struct tcphdr *tcp)
{
	struct connection *connection;

	for (uint32_t i = 0; i < CONNECTIONS; i++) {
		connection = &self.connections[i];
		if (connection->address == address && connection->remote_port == ntohs(tcp->th_sport) &&
		    connection->local_port == ntohs(tcp->th_dport))
			return connection;
	}
	if ((tcp->th_flags & (TH_SYN | TH_ACK)) != TH_SYN)
		return NULL;
	connection = &self.connections[self.oldest++ % CONNECTIONS];
	*connection = (struct connection){.address = address, .remote_port = ntohs(tcp->th_sport),
	                                  .local_port = ntohs(tcp->th_dport), .received = ntohl(tcp->th_seq) + 1,
	                                  .unacknowledged = 1, .next = 2};
	return connection;
}

static uint8_t scale_of(const struct tcphdr *tcp)
{
	const uint8_t *option = (const uint8_t *)(tcp + 1), *end = (const uint8_t *)tcp + 4 * tcp->th_off;

	while (option + 1 < end && *option != TCPOPT_EOL) {
		if (*option == TCPOPT_WINDOW && option + 2 < end)
			return option[2];
		option += *option == TCPOPT_NOP ? 1 : option[1] > 1 ? option[1] : end - option;
	}
	return 0;
}

static void take_data(struct connection *connection, const struct tcphdr *tcp, const uint8_t *data, uint32_t length)
{
	bool push = (tcp->th_flags & (TH_PUSH | TH_FIN)) != 0;

	if (ntohl(tcp->th_seq) != connection->received) {
		connection->owes = true;
		return;
	}
	connection->received += length + (tcp->th_flags & TH_FIN ? 1 : 0);
	connection->unsaid += length;
	if (connection->local_port == NET_ECHO && length > 0) {
		send_segment(connection, connection->next, TH_PUSH, data, length);
		connection->next += length;
	}
	if (tcp->th_flags & TH_FIN) {
		send_segment(connection, connection->next, TH_FIN, NULL, 0);
		connection->address = 0;
	}
	connection->owes |= connection->unsaid > 0 && (push || connection->unsaid >= 2 * MSS);
}

static void take_segment(const struct iphdr *ip, const struct tcphdr *tcp, uint32_t length)
{
	struct connection *connection = find(ip->saddr, tcp);
	uint32_t header = 4u * tcp->th_off;

	if (connection == NULL || header < sizeof(*tcp) || header > length)
		return;
	if (tcp->th_flags & TH_SYN) {
		connection->scale = scale_of(tcp);
		send_segment(connection, 1, TH_SYN, NULL, 0);
		return;
	}
	if (tcp->th_flags & TH_RST) {
		connection->address = 0;
		return;
	}
	connection->window = (uint32_t)ntohs(tcp->th_win) << connection->scale;
	if ((int32_t)(ntohl(tcp->th_ack) - connection->unacknowledged) > 0)
		connection->unacknowledged = ntohl(tcp->th_ack);
	connection->sending = connection->local_port == NET_SOURCE;
	if (length > header || (tcp->th_flags & TH_FIN))
		take_data(connection, tcp, (const uint8_t *)tcp + header, length - header);
	if (connection->address != 0 && connection->owes)
		send_segment(connection, connection->next, 0, NULL, 0);
	if (connection->address != 0 && connection->sending)
		pump(connection);
}

static void take_packet(const uint8_t *bytes, size_t size)
{
	const struct iphdr *ip = (const void *)bytes;
	const struct tcphdr *tcp = (const void *)(bytes + sizeof(*ip));
	size_t length = size >= sizeof(*ip) ? ntohs(ip->tot_len) : 0;

	if (length > size || length < sizeof(*ip) + sizeof(*tcp) || ip->ihl != 5 || ip->protocol != IPPROTO_TCP ||
	    ip->daddr != self.address)
		return;
	length -= sizeof(*ip);
	if (!(self.frame.virtio.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) &&
	    fold(sum_of(tcp, length, pseudo_sum(ip->saddr, length))) != 0xffff)
		return;
	take_segment(ip, tcp, (uint32_t)length);
}

static void answer_arp(struct ether_arp *arp)
{
	struct iovec vectors[] = {{&self.frame.virtio, sizeof(self.frame.virtio)},
	                          {self.frame.bytes, sizeof(struct ether_header) + sizeof(*arp)}};
	struct ether_header *ethernet = (void *)self.frame.bytes;

	if (ntohs(arp->ea_hdr.ar_op) != ARPOP_REQUEST || memcmp(arp->arp_tpa, &self.address, 4) != 0)
		return;
	arp->ea_hdr.ar_op = htons(ARPOP_REPLY);
	memcpy(arp->arp_tpa, arp->arp_spa, 4);
	memcpy(arp->arp_tha, arp->arp_sha, ETH_ALEN);
	memcpy(arp->arp_spa, &self.address, 4);
	memcpy(arp->arp_sha, self.own, ETH_ALEN);
	memcpy(ethernet->ether_dhost, self.other, ETH_ALEN);
	memcpy(ethernet->ether_shost, self.own, ETH_ALEN);
	memset(&self.frame.virtio, 0, sizeof(self.frame.virtio));
	if (writev(self.tap, vectors, 2) < 0)
		cli_error("bench: the floor cannot answer: %s", strerror(errno));
}

static void take_frame(size_t length)
{
	struct ether_header *ethernet = (void *)self.frame.bytes;

	length -= sizeof(self.frame.virtio);
	if (length < sizeof(*ethernet))
		return;
	memcpy(self.other, ethernet->ether_shost, ETH_ALEN);
	length -= sizeof(*ethernet);
	if (ethernet->ether_type == htons(ETHERTYPE_ARP) && length >= sizeof(struct ether_arp))
		answer_arp((void *)(ethernet + 1));
	else if (ethernet->ether_type == htons(ETHERTYPE_IP))
		take_packet((const uint8_t *)(ethernet + 1), length);
}

static void go_back(void)
{
	for (uint32_t i = 0; i < CONNECTIONS; i++) {
		struct connection *connection = &self.connections[i];

		if (connection->address == 0 || !connection->sending)
			continue;
		connection->next = connection->unacknowledged;
		pump(connection);
	}
}

static bool is_sending(void)
{
	for (uint32_t i = 0; i < CONNECTIONS; i++) {
		if (self.connections[i].address != 0 && self.connections[i].sending)
			return true;
	}
	return false;
}

static int floor_main(void)
{
	struct pollfd poller = {.fd = self.tap, .events = POLLIN};
	ssize_t length;

	for (;;) {
		/* Only who may have to send again needs a clock. */
		if (is_sending() && poll(&poller, 1, STALLED) == 0)
			go_back();
		length = read(self.tap, &self.frame, sizeof(self.frame));
		if (length >= (ssize_t)sizeof(self.frame.virtio))
			take_frame((size_t)length);
		else if (length < 0 && errno != EINTR)
			return 1;
	}
}

static bool open_tap(enum net_help help)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	unsigned long features = help == NET_OFFLOADS ? TUN_F_CSUM | TUN_F_TSO4 : 0;
	int header = sizeof(struct virtio_net_hdr_v1);

	net_tap_name(NET_FLOOR, help, request.ifr_name);
	self.tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	self.offloads = help == NET_OFFLOADS;
	self.address = net_address_of(NET_FLOOR, help).s_addr;
	memcpy(self.own, "\x02" "floor", ETH_ALEN);
	return self.tap >= 0 && ioctl(self.tap, TUNSETIFF, &request) == 0 &&
	       ioctl(self.tap, TUNSETVNETHDRSZ, &header) == 0 && ioctl(self.tap, TUNSETOFFLOAD, features) == 0;
}

pid_t net_floor_start(enum net_help help)
{
	pid_t pid;

	if (!open_tap(help))
		return cli_error("bench: the floor has no TAP: %s", strerror(errno)), -1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setsid();
		_exit(floor_main());
	}
	close(self.tap);
	return pid;
}
