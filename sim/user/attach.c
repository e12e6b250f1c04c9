/* Attaching a process that was born outside: a guest (docs/ABI.md, "Guests"). */
#include "control.h"
#include "internal.h"

#include <stdio.h>
#include <unistd.h>

struct os *os_attach(const char *instance_directory, const char *role, const char *name, char *error,
                     size_t size)
{
	int socket = control_connect(instance_directory, error, size);
	cJSON *request, *reply;

	if (socket < 0)
		return NULL;
	request = cJSON_CreateObject();
	cJSON_AddStringToObject(request, "command", "attach");
	cJSON_AddStringToObject(request, "role", role);
	cJSON_AddStringToObject(request, "name", name);
	reply = control_request(socket, request, error, size);
	cJSON_Delete(request);
	if (reply == NULL) {
		close(socket);
		return NULL;
	}
	cJSON_Delete(reply);
	/* From here on the same socket is the descriptor socket. */
	return os_create(socket, error, size);
}
