/* The client's side of the control socket (control.h). */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int control_connect(const char *instance_directory, char *error, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int directory = open(instance_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int control, failed;

	if (directory < 0) {
		snprintf(error, size, "no instance runs in %s; start one by: drydock run",
		         instance_directory);
		return -1;
	}
	control = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	/* By way of /proc: a socket's path must be short, a directory's need not. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory,
	         CONTROL_SOCKET);
	failed = control < 0 || connect(control, (struct sockaddr *)&address, sizeof(address)) != 0;
	if (failed) {
		if (errno == ECONNREFUSED || errno == ENOENT)
			snprintf(error, size, "no instance runs in %s; start one by: drydock run",
			         instance_directory);
		else
			snprintf(error, size, "cannot reach the instance in %s: %s", instance_directory,
			         strerror(errno));
		if (control >= 0)
			close(control);
	}
	close(directory);
	return failed ? -1 : control;
}

static cJSON *receive(int socket, char *error, size_t size)
{
	char *text = malloc(CONTROL_REPLY_MAXIMUM);
	cJSON *reply = NULL;
	ssize_t length;

	if (text == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	do {
		length = recv(socket, text, CONTROL_REPLY_MAXIMUM, 0);
	} while (length < 0 && errno == EINTR);
	if (length > 0)
		reply = cJSON_ParseWithLength(text, (size_t)length);
	free(text);
	if (reply == NULL)
		snprintf(error, size, "%s",
		         length <= 0 ? "the instance ended before it answered"
		                     : "the instance's answer is no JSON");
	return reply;
}

cJSON *control_request(int socket, const cJSON *request, char *error, size_t size)
{
	char *text = cJSON_PrintUnformatted(request);
	const cJSON *reason;
	cJSON *reply;

	if (text == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	if (send(socket, text, strlen(text), MSG_NOSIGNAL) < 0) {
		snprintf(error, size, "cannot ask the instance: %s", strerror(errno));
		free(text);
		return NULL;
	}
	free(text);
	reply = receive(socket, error, size);
	if (reply == NULL || cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(reply, "ok")))
		return reply;
	reason = cJSON_GetObjectItemCaseSensitive(reply, "error");
	snprintf(error, size, "%s", cJSON_IsString(reason) ? reason->valuestring : "the instance said no");
	cJSON_Delete(reply);
	return NULL;
}

cJSON *control_list(int socket, const char *command, char *error, size_t size)
{
	cJSON *all = cJSON_CreateArray();
	double cursor = 0;

	do {
		cJSON *request = cJSON_CreateObject();
		cJSON *reply, *records;

		cJSON_AddStringToObject(request, "command", command);
		cJSON_AddNumberToObject(request, "cursor", cursor);
		reply = control_request(socket, request, error, size);
		cJSON_Delete(request);
		if (reply == NULL) {
			cJSON_Delete(all);
			return NULL;
		}
		records = cJSON_GetObjectItemCaseSensitive(reply, "records");
		while (cJSON_GetArraySize(records) > 0)
			cJSON_AddItemToArray(all, cJSON_DetachItemFromArray(records, 0));
		cursor = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(reply, "next"));
		cJSON_Delete(reply);
	} while (cursor > 0);
	return all;
}
