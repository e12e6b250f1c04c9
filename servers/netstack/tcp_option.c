/* Options of sockets, and what can be asked of them. */
#include "tcp_internal.h"

struct range {
	uint32_t least, most;
};

/* Of every option that can be set; {1, 0} for the others. */
static const struct range ranges[] = {
	[TCP_OPTION_NODELAY] = {0, 1},
	[TCP_OPTION_CORK] = {0, 1},
	[TCP_OPTION_KEEPALIVE] = {0, 1},
	[TCP_OPTION_KEEPALIVE_IDLE] = {1, 32767},
	[TCP_OPTION_KEEPALIVE_INTERVAL] = {1, 32767},
	[TCP_OPTION_KEEPALIVE_COUNT] = {1, 127},
	[TCP_OPTION_USER_TIMEOUT] = {0, UINT32_MAX},
	[TCP_OPTION_REUSE_ADDRESS] = {0, 1},
	[TCP_OPTION_SEND_BUFFER] = {0, UINT32_MAX},
	[TCP_OPTION_RECEIVE_BUFFER] = {0, UINT32_MAX},
	[TCP_OPTION_MAXIMUM_SEGMENT] = {TCP_MSS_MINIMUM, 65495},
	[TCP_OPTION_ECN] = {0, 1},
	[TCP_OPTION_CONGESTION] = {TCP_CONGESTION_CUBIC, TCP_CONGESTION_NEWRENO},
	[TCP_OPTION_ERROR] = {1, 0},
	[TCP_OPTION_AT_MARK] = {1, 0},
};

#define OPTION_COUNT (sizeof(ranges) / sizeof(ranges[0]))

/* As POSIX has it, a buffer of a size that cannot be is one of the nearest that can. */
static uint32_t clamp_buffer(uint32_t size, uint32_t most)
{
	if (size < TCP_BUFFER_MINIMUM)
		return TCP_BUFFER_MINIMUM;
	return size < most ? size : most;
}

static void set_congestion(struct tcp_socket *socket, enum tcp_congestion_name name)
{
	struct tcp_congestion old = socket->congestion;

	socket->congestion.name = name;
	if (!tcp_synchronized(socket) || old.name == name)
		return;
	tcp_congestion_init(&socket->congestion, name, old.mss);
	socket->congestion.window = old.window;
	socket->congestion.threshold = old.threshold;
}

/* Options that change only what is remembered. */
static uint32_t *plain_value(struct tcp_socket *socket, enum tcp_option option)
{
	switch (option) {
	case TCP_OPTION_KEEPALIVE_IDLE:
		return &socket->keepalive_idle;
	case TCP_OPTION_KEEPALIVE_INTERVAL:
		return &socket->keepalive_interval;
	case TCP_OPTION_KEEPALIVE_COUNT:
		return &socket->keepalive_count;
	case TCP_OPTION_USER_TIMEOUT:
		return &socket->user_timeout;
	case TCP_OPTION_MAXIMUM_SEGMENT:
		return &socket->maximum_segment;
	default:
		return NULL;
	}
}

static bool *flag(struct tcp_socket *socket, enum tcp_option option)
{
	switch (option) {
	case TCP_OPTION_NODELAY:
		return &socket->no_delay;
	case TCP_OPTION_CORK:
		return &socket->cork;
	case TCP_OPTION_KEEPALIVE:
		return &socket->keepalive;
	case TCP_OPTION_REUSE_ADDRESS:
		return &socket->reuse_address;
	case TCP_OPTION_ECN:
		return &socket->want_ecn;
	default:
		return NULL;
	}
}

int tcp_option_set(struct tcp_socket *socket, enum tcp_option option, uint32_t value)
{
	if ((uint32_t)option >= OPTION_COUNT || value < ranges[option].least || value > ranges[option].most)
		return -POSIX_EINVAL;
	if (option == TCP_OPTION_MAXIMUM_SEGMENT && socket->state != TCP_STATE_CLOSED)
		return -POSIX_EINVAL;
	if (flag(socket, option) != NULL)
		*flag(socket, option) = value;
	else if (plain_value(socket, option) != NULL)
		*plain_value(socket, option) = value;
	switch (option) {
	case TCP_OPTION_NODELAY:
	case TCP_OPTION_CORK:
		/* What was held back may go now. */
		tcp_output(socket);
		break;
	case TCP_OPTION_KEEPALIVE:
	case TCP_OPTION_KEEPALIVE_IDLE:
		tcp_arm_keepalive(socket);
		break;
	case TCP_OPTION_SEND_BUFFER:
		socket->send.limit = clamp_buffer(value, TCP_SEND_MAXIMUM);
		socket->send_fixed = true;
		break;
	case TCP_OPTION_RECEIVE_BUFFER:
		socket->receive.limit = clamp_buffer(value, TCP_RECEIVE_MAXIMUM);
		socket->receive_fixed = true;
		break;
	case TCP_OPTION_CONGESTION:
		set_congestion(socket, value);
		break;
	default:
		break;
	}
	return 0;
}

static bool at_mark(const struct tcp_socket *socket)
{
	const struct tcp_receiver *receive = &socket->receive;

	return receive->urgent && receive->urgent_end == receive->next - receive->buffer.length;
}

int tcp_option_get(struct tcp_socket *socket, enum tcp_option option, uint32_t *value)
{
	if ((uint32_t)option >= OPTION_COUNT)
		return -POSIX_EINVAL;
	if (flag(socket, option) != NULL) {
		*value = *flag(socket, option);
		return 0;
	}
	switch (option) {
	case TCP_OPTION_MAXIMUM_SEGMENT:
		*value = socket->send.mss != 0 ? socket->send.mss : socket->maximum_segment;
		break;
	case TCP_OPTION_SEND_BUFFER:
		*value = socket->send.limit;
		break;
	case TCP_OPTION_RECEIVE_BUFFER:
		*value = socket->receive.limit;
		break;
	case TCP_OPTION_CONGESTION:
		*value = socket->congestion.name;
		break;
	case TCP_OPTION_ERROR:
		*value = socket->error;
		socket->error = 0;
		break;
	case TCP_OPTION_AT_MARK:
		*value = at_mark(socket);
		break;
	default:
		*value = *plain_value(socket, option);
		break;
	}
	return 0;
}

void tcp_information(const struct tcp_socket *socket, struct tcp_information *information)
{
	*information = socket->counted;
	information->state = socket->state;
	information->local = socket->local;
	information->remote = socket->remote;
	information->local_port = socket->local_port;
	information->remote_port = socket->remote_port;
	information->sack = socket->sack;
	information->timestamps = socket->timestamps.enabled;
	information->ecn = socket->ecn;
	information->send_scale = socket->send.scale;
	information->receive_scale = socket->receive.scale;
	information->segment_size = socket->send.mss;
	information->rtt = socket->rtt.smoothed;
	information->rtt_variance = socket->rtt.variance;
	information->rtt_minimum = socket->rtt.minimum;
	information->rto = tcp_rtt_timeout(&socket->rtt);
	information->congestion_window = socket->congestion.window;
	information->slow_start_threshold = socket->congestion.threshold;
	information->in_flight = socket->send.in_flight;
	information->selectively_acknowledged = socket->send.sacked;
	information->lost = socket->send.lost;
	information->send_window = socket->send.window;
	information->receive_window = socket->receive.advertised - socket->receive.next;
	information->send_queued = socket->send.buffer.length;
	information->receive_queued = socket->receive.buffer.length;
	information->send_limit = socket->send.limit;
	information->receive_limit = socket->receive.limit;
	information->waiting = socket->waiting_count;
}

const struct tcp_statistics *tcp_statistics(const struct tcp *tcp)
{
	return &tcp->statistics;
}

void tcp_each(struct tcp *tcp, void (*each)(void *context, const struct tcp_socket *socket), void *context)
{
	list_for_each(link, &tcp->all)
		each(context, list_entry(link, struct tcp_socket, all_link));
}
