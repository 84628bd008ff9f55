/* instance - the record of an instance, as instances/NAME/instance.yaml and GET /1.0/instances/NAME */
#pragma once
#include "core/field.h"

struct instance {
	const char *architecture; /* LXD's name: x86_64, aarch64, ... */
	struct map config;
	struct devices devices;
	bool ephemeral;
	struct names profiles;
	bool stateful; /* always false here */
	const char *description;
	struct timestamp created_at;
	struct names layers; /* of the root filesystem, topmost first (design: layers/ID) */

	/* not on disk */
	struct map expanded_config;
	struct devices expanded_devices;
	const char *name;
	const char *status; /* "Running", "Stopped", "Frozen", "Error" */
	int64_t status_code;
	struct timestamp last_used_at;
	const char *location; /* "none" */
	const char *type;     /* "container" */
	const char *project;  /* "default" */
};

extern const struct field instance_fields[];

enum instance_status { STATUS_STOPPED = 102, STATUS_RUNNING = 103, STATUS_FROZEN = 110, STATUS_ERROR = 112 };

const char *instance_status_name(int64_t code);
