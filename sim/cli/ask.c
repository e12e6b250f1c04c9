/* See ask.h. */
#include "ask.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "sim/user/control.h"

#define REASON_SIZE 512

static bool say_absent(const char *instance)
{
	if (strcmp(instance, INSTANCE_NAME_DEFAULT) == 0)
		cli_error("no instance named '%s' is running; start one with: drydock run", instance);
	else
		cli_error("no instance named '%s' is running; start one with: drydock run --name %s", instance,
		          instance);
	return false;
}

bool ask_directory(const char *instance, char path[INSTANCE_PATH_SIZE])
{
	char socket[INSTANCE_PATH_SIZE + sizeof(CONTROL_SOCKET) + 1], reason[REASON_SIZE];

	if (!instance_path(instance, path, INSTANCE_PATH_SIZE, reason, sizeof(reason))) {
		cli_error("%s", reason);
		return false;
	}
	snprintf(socket, sizeof(socket), "%s/%s", path, CONTROL_SOCKET);
	return access(socket, F_OK) == 0 || say_absent(instance);
}

bool ask_running(const char *instance)
{
	char directory[INSTANCE_PATH_SIZE], reason[REASON_SIZE];
	int socket;

	if (!instance_path(instance, directory, sizeof(directory), reason, sizeof(reason)))
		return false;
	socket = control_connect(directory, reason, sizeof(reason));
	if (socket >= 0)
		close(socket);
	return socket >= 0;
}

static int ask_connect(const char *instance)
{
	char directory[INSTANCE_PATH_SIZE], reason[REASON_SIZE];
	int socket;

	if (!ask_directory(instance, directory))
		return -1;
	socket = control_connect(directory, reason, sizeof(reason));
	if (socket < 0)
		cli_error("%s", reason);
	return socket;
}

cJSON *ask(const char *instance, const char *command, cJSON *arguments)
{
	cJSON *request = arguments ? arguments : cJSON_CreateObject(), *answer = NULL;
	int socket = ask_connect(instance);
	char reason[REASON_SIZE];

	if (socket >= 0) {
		cJSON_AddStringToObject(request, "command", command);
		answer = control_request(socket, request, reason, sizeof(reason));
		if (!answer)
			cli_error("%s: %s", command, reason);
		close(socket);
	}
	cJSON_Delete(request);
	return answer;
}

cJSON *ask_list(const char *instance, const char *command)
{
	int socket = ask_connect(instance);
	char reason[REASON_SIZE];
	cJSON *list;

	if (socket < 0)
		return NULL;
	list = control_list(socket, command, reason, sizeof(reason));
	if (!list)
		cli_error("%s: %s", command, reason);
	close(socket);
	return list;
}

const char *ask_text(const cJSON *object, const char *member)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, member);

	return cJSON_IsString(item) ? item->valuestring : "";
}

double ask_number(const cJSON *object, const char *member)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, member);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

const cJSON *ask_process(const cJSON *processes, const char *name)
{
	const cJSON *process;

	cJSON_ArrayForEach(process, processes)
		if (strcmp(ask_text(process, "name"), name) == 0)
			return process;
	return NULL;
}
