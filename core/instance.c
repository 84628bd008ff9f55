#include "core/instance.h"

/* LXD's order: `config show` prints the rows of ON_SHOW, `list -f json` those of ON_WIRE */
const struct field instance_fields[] = {
	FIELD(struct instance, architecture, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct instance, config, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct instance, devices, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct instance, ephemeral, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct instance, profiles, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct instance, stateful, ON_WIRE | ON_SHOW),
	FIELD(struct instance, description, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct instance, created_at, ON_DISK | ON_WIRE),
	FIELD(struct instance, layers, ON_DISK),
	FIELD(struct instance, expanded_config, ON_WIRE),
	FIELD(struct instance, expanded_devices, ON_WIRE),
	FIELD(struct instance, name, ON_WIRE),
	FIELD(struct instance, status, ON_WIRE),
	FIELD(struct instance, status_code, ON_WIRE),
	FIELD(struct instance, last_used_at, ON_WIRE),
	FIELD(struct instance, location, ON_WIRE),
	FIELD(struct instance, type, ON_WIRE),
	FIELD(struct instance, project, ON_WIRE),
	FIELD_END,
};

const char *instance_status_name(int64_t code)
{
	switch ((enum instance_status)code) {
	case STATUS_STOPPED:
		return "Stopped";
	case STATUS_RUNNING:
		return "Running";
	case STATUS_FROZEN:
		return "Frozen";
	case STATUS_ERROR:
		return "Error";
	}
	return "Unknown";
}
