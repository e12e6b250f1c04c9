/* Namespaces, TAPs and veth pairs of the network benchmark (network_links.h); iproute2 makes most of them. */
#include "network_links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/cli/cli.h"

static bool write_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY);
	bool good = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);

	if (!good)
		cli_error("bench: cannot write %s: %s", path, strerror(errno));
	if (file >= 0)
		close(file);
	return good;
}

/* user_namespaces(7): who is root in there is the user outside. */
static bool become_root(uid_t user, gid_t group)
{
	char map[32];

	if (!write_file("/proc/self/setgroups", "deny"))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)user);
	if (!write_file("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)group);
	return write_file("/proc/self/gid_map", map);
}

bool net_space_enter(char directory[64])
{
	uid_t user = geteuid();
	gid_t group = getegid();

	snprintf(directory, 64, "/tmp/drydock-bench-XXXXXX");
	if (mkdtemp(directory) == NULL) {
		directory[0] = '\0';
		return cli_error("bench: cannot make a directory in /tmp: %s", strerror(errno)), false;
	}
	if (unshare(CLONE_NEWNET | (user != 0 ? CLONE_NEWUSER : 0)) != 0)
		return cli_error("bench: cannot have a network namespace: %s; run it as root", strerror(errno)), false;
	/* Root in there may not write to root's directories. */
	if (user != 0 && (!become_root(user, group) || setenv("XDG_RUNTIME_DIR", directory, 1) != 0))
		return false;
	return true;
}

void net_space_leave(const char *directory)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	if (directory[0] != '\0' && system(command) != 0)
		cli_error("bench: %s remains", directory);
}

__attribute__((format(printf, 1, 2))) static bool ip(const char *format, ...)
{
	char command[256] = "ip ";
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command + 3, sizeof(command) - 3, format, arguments);
	va_end(arguments);
	if (system(command) == 0)
		return true;
	cli_error("bench: `%s' failed; it needs iproute2", command);
	return false;
}

/* ethtool's ioctl: ethtool itself is nobody's dependency. */
static bool switch_off(const char *name)
{
	static const uint32_t features[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM};
	struct ethtool_value value = {0};
	struct ifreq request = {.ifr_data = (void *)&value};
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good = control >= 0;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]) && good; i++) {
		value.cmd = features[i];
		good = ioctl(control, SIOCETHTOOL, &request) == 0 || errno == EOPNOTSUPP;
	}
	if (!good)
		cli_error("bench: cannot take the offloads from %s: %s", name, strerror(errno));
	if (control >= 0)
		close(control);
	return good;
}

void net_tap_name(enum net_peer peer, enum net_help help, char name[16])
{
	snprintf(name, 16, "%s%d", peer == NET_DRYDOCK ? "drydock" : "floor", help);
}

struct in_addr net_address_of(enum net_peer peer, enum net_help help)
{
	return (struct in_addr){htonl(0x0a000002u | (77u + peer) << 16 | (uint32_t)help << 8)};
}

/*
 * An address in the link's /24, of which the last number is `end`. Whoever sends there does so by CUBIC: the
 * route says it, since a namespace may not choose a default that the machine restricts.
 */
static bool set_up(const char *name, enum net_peer peer, enum net_help help, int end)
{
	return ip("address add 10.%d.%d.%d/24 dev %s", 77 + peer, help, end, name) && ip("link set dev %s up", name) &&
	       ip("route replace 10.%d.%d.0/24 dev %s src 10.%d.%d.%d congctl cubic", 77 + peer, help, name, 77 + peer,
	          help, end);
}

static bool make_tap(enum net_peer peer, enum net_help help)
{
	char name[16];

	net_tap_name(peer, help, name);
	return ip("tuntap add dev %s mode tap vnet_hdr", name) && set_up(name, peer, help, 1);
}

static bool make_pair(enum net_help help, pid_t linux_peer)
{
	char name[16];

	snprintf(name, sizeof(name), "near%d", help);
	return ip("link add near%d type veth peer name far%d", help, help) &&
	       ip("link set dev far%d netns %d", help, (int)linux_peer) && (help == NET_OFFLOADS || switch_off(name)) &&
	       set_up(name, NET_LINUX, help, 1);
}

bool net_links_make(pid_t linux_peer)
{
	bool good = ip("link set dev lo up");

	for (int help = 0; help < NET_HELPS && good; help++)
		good = make_tap(NET_DRYDOCK, (enum net_help)help) && make_tap(NET_FLOOR, (enum net_help)help) &&
		       make_pair((enum net_help)help, linux_peer);
	return good;
}

bool net_links_far_end(void)
{
	char name[16];
	bool good = ip("link set dev lo up");

	for (int help = 0; help < NET_HELPS && good; help++) {
		snprintf(name, sizeof(name), "far%d", help);
		good = (help == NET_OFFLOADS || switch_off(name)) && set_up(name, NET_LINUX, (enum net_help)help, 2);
	}
	return good;
}
