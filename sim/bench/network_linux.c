/* Linux as a peer (network_linux.h). */
#include "network_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "network_links.h"
#include "sim/cli/cli.h"

#define BUFFER_SIZE (128u << 10)

/* ---- the ports ------------------------------------------------------------------ */

static void echo(int socket, uint8_t *buffer)
{
	ssize_t count;

	while ((count = read(socket, buffer, BUFFER_SIZE)) > 0 && write(socket, buffer, (size_t)count) == count)
		continue;
}

static void discard(int socket, uint8_t *buffer)
{
	while (read(socket, buffer, BUFFER_SIZE) > 0)
		continue;
}

static void source(int socket, uint8_t *buffer)
{
	while (write(socket, buffer, BUFFER_SIZE) > 0)
		continue;
}

static const struct {
	uint16_t port;
	void (*serve)(int socket, uint8_t *buffer);
} services[] = {{NET_ECHO, echo}, {NET_DISCARD, discard}, {NET_SOURCE, source}};

#define SERVICES (sizeof(services) / sizeof(services[0]))

static bool listen_at(struct pollfd *listener, uint16_t port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	const int on = 1;

	listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	listener->events = POLLIN;
	return listener->fd >= 0 && setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	       setsockopt(listener->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	       bind(listener->fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	       listen(listener->fd, 16) == 0;
}

/* A process for each connection, which runs where this one does. */
static void serve_one(int listener, void (*serve)(int socket, uint8_t *buffer))
{
	static uint8_t buffer[BUFFER_SIZE];
	int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (socket >= 0 && fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(socket, buffer);
		_exit(0);
	}
	close(socket);
}

static void serve_all(const struct pollfd listeners[SERVICES])
{
	struct pollfd polled[SERVICES];

	for (;;) {
		memcpy(polled, listeners, sizeof(polled));
		if (poll(polled, SERVICES, -1) < 0 && errno != EINTR)
			return;
		for (size_t i = 0; i < SERVICES; i++) {
			if (polled[i].revents & POLLIN)
				serve_one(polled[i].fd, services[i].serve);
		}
	}
}

/* ---- nginx ------------------------------------------------------------------------ */

static bool write_configuration(const char *directory, char path[128])
{
	FILE *file;

	snprintf(path, 128, "%s/nginx.conf", directory);
	file = fopen(path, "w");
	if (file == NULL)
		return false;
	fprintf(file,
	        "daemon off; master_process off; worker_processes 1; pid %s/nginx.pid; error_log /dev/null;\n"
	        "events { worker_connections 1024; }\n"
	        "http { access_log off; keepalive_requests 1000000000; sendfile on; tcp_nopush on;\n"
	        "client_body_temp_path %s/nginx.1; proxy_temp_path %s/nginx.2; fastcgi_temp_path %s/nginx.3;\n"
	        "uwsgi_temp_path %s/nginx.4; scgi_temp_path %s/nginx.5;\n"
	        "server { listen %d; root %s/files; } }\n",
	        directory, directory, directory, directory, directory, directory, NET_HTTP, directory);
	return fclose(file) == 0;
}

static pid_t start_nginx(const char *directory)
{
	char path[128];
	pid_t pid;

	if (!write_configuration(directory, path))
		return -1;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, STDERR_FILENO);
		execlp("nginx", "nginx", "-c", path, "-p", directory, "-e", "/dev/null", NULL);
		_exit(127);
	}
	return pid;
}

/* ---- its process ------------------------------------------------------------------- */

static int peer_main(int orders, int ready)
{
	struct pollfd listeners[SERVICES];
	char directory[64] = "";
	pid_t nginx = 0;

	/* Nobody waits for the children. */
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (unshare(CLONE_NEWNET) != 0)
		return cli_error("bench: cannot have a second network namespace: %s", strerror(errno));
	if (write(ready, &nginx, sizeof(nginx)) != sizeof(nginx) || read(orders, directory, sizeof(directory)) <= 0)
		return 1;
	/* What is awaited here is a child again. */
	signal(SIGCHLD, SIG_DFL);
	if (!net_links_far_end())
		return 1;
	nginx = start_nginx(directory);
	signal(SIGCHLD, SIG_IGN);
	for (size_t i = 0; i < SERVICES; i++) {
		if (!listen_at(&listeners[i], services[i].port))
			return cli_error("bench: Linux's peer cannot listen: %s", strerror(errno));
	}
	if (write(ready, &nginx, sizeof(nginx)) == sizeof(nginx))
		serve_all(listeners);
	return 1;
}

static bool is_ready(struct net_linux *peer)
{
	return read(peer->ready, &peer->nginx, sizeof(peer->nginx)) == sizeof(peer->nginx);
}

bool net_linux_start(struct net_linux *peer)
{
	int orders[2], ready[2];

	if (pipe2(orders, O_CLOEXEC) != 0 || pipe2(ready, O_CLOEXEC) != 0)
		return cli_error("bench: no pipe: %s", strerror(errno)), false;
	peer->pid = fork();
	if (peer->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setsid();
		close(orders[1]);
		close(ready[0]);
		_exit(peer_main(orders[0], ready[1]));
	}
	close(orders[0]);
	close(ready[1]);
	peer->orders = orders[1];
	peer->ready = ready[0];
	return peer->pid > 0 && is_ready(peer);
}

bool net_linux_serve(struct net_linux *peer, const char *directory)
{
	char text[64] = "";

	snprintf(text, sizeof(text), "%s", directory);
	return write(peer->orders, text, sizeof(text)) == sizeof(text) && is_ready(peer);
}

void net_linux_end(struct net_linux *peer)
{
	if (peer->pid <= 0)
		return;
	kill(peer->pid, SIGKILL);
	waitpid(peer->pid, NULL, 0);
	close(peer->orders);
	close(peer->ready);
}
