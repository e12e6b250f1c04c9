/* Namespaces for cards (card_namespace.h). */
#include "card_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the keeper tells of the card; its descriptors come with it. */
struct news {
	bool good;
	struct tap_parameters parameters;
	char error[256];
};

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(2 * sizeof(int))];
};

/* ---- the keeper -------------------------------------------------------------------- */

static bool write_file(const char *path, const char *format, unsigned id)
{
	char text[32];
	int length = snprintf(text, sizeof(text), format, id);
	int file = open(path, O_WRONLY | O_CLOEXEC);
	bool good = file >= 0 && write(file, text, (size_t)length) == length;

	if (file >= 0)
		close(file);
	return good;
}

/* user_namespaces(7): root in there is the user outside. Root needs none. */
static bool enter(void)
{
	unsigned user = geteuid(), group = getegid();

	if (user == 0)
		return unshare(CLONE_NEWNET) == 0;
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && write_file("/proc/self/setgroups", "deny", 0) &&
	       write_file("/proc/self/uid_map", "0 %u 1", user) && write_file("/proc/self/gid_map", "0 %u 1", group);
}

static bool set_up_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good = control >= 0 && ioctl(control, SIOCSIFFLAGS, &request) == 0;

	if (control >= 0)
		close(control);
	return good;
}

static bool tell(int channel, const struct news *news, const struct host_card *card)
{
	const int descriptors[] = {card->tap, card->record};
	size_t size = (card->record < 0 ? 1 : 2) * sizeof(int);
	struct iovec vector = {(void *)(uintptr_t)news, sizeof(*news)};
	union control control = {.header = {.cmsg_len = CMSG_LEN(size), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};

	memcpy(CMSG_DATA(&control.header), descriptors, size);
	if (news->good) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(size);
	}
	return sendmsg(channel, &message, MSG_NOSIGNAL) == sizeof(*news);
}

/* Nothing of the host's stays open in it: neither its lock nor what its output is read by. */
static void let_go(int channel)
{
	int null = open("/dev/null", O_RDWR);

	for (int standard = 0; standard <= 2; standard++)
		dup2(null, standard);
	dup2(channel, 3);
	close_range(4, UINT_MAX, 0);
}

static void keep(int channel, const struct host_card_options *options)
{
	struct host_card card = {.tap = -1, .record = -1};
	struct news news = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	let_go(channel);
	if (!enter() || !set_up_loopback())
		snprintf(news.error, sizeof(news.error), "no network namespace: %s (user.max_user_namespaces, AppArmor?)",
		         strerror(errno));
	else
		news.good = card_open_here(options, &card, news.error, sizeof(news.error));
	news.parameters = card.parameters;
	if (!tell(3, &news, &card) || !news.good)
		_exit(1);
	card_close(&card);
	close(3);
	for (;;)
		pause();
}

/* ---- the host ------------------------------------------------------------------------ */

static bool hear(int channel, struct news *news, struct host_card *card)
{
	struct iovec vector = {news, sizeof(*news)};
	union control control;
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control,
	                         .msg_controllen = sizeof(control)};
	const struct cmsghdr *header;
	int descriptors[2] = {-1, -1};
	ssize_t length;

	while ((length = recvmsg(channel, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		continue;
	if (length != sizeof(*news))
		return false;
	header = CMSG_FIRSTHDR(&message);
	if (header != NULL)
		memcpy(descriptors, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
	card->tap = descriptors[0];
	card->record = descriptors[1];
	card->parameters = news->parameters;
	return true;
}

bool card_namespace_open(const struct host_card_options *options, struct host_card *card, char *error, size_t size)
{
	struct news news = {.error = "the process that keeps the network namespace has died"};
	int channels[2];

	*card = (struct host_card){.options = options, .tap = -1, .record = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channels) != 0) {
		snprintf(error, size, "no sockets: %s", strerror(errno));
		return false;
	}
	card->keeper = fork();
	if (card->keeper == 0)
		keep(channels[1], options);
	close(channels[1]);
	if (card->keeper > 0 && hear(channels[0], &news, card) && news.good) {
		close(channels[0]);
		return true;
	}
	close(channels[0]);
	snprintf(error, size, "%s", news.error);
	card_namespace_close(card);
	return false;
}

void card_namespace_close(struct host_card *card)
{
	if (card->keeper <= 0)
		return;
	kill(card->keeper, SIGKILL);
	waitpid(card->keeper, NULL, 0);
	card->keeper = 0;
}
