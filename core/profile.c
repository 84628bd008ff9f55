#include "core/profile.h"

const struct field profile_fields[] = {
	FIELD(struct profile, config, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct profile, description, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct profile, devices, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct profile, name, ON_WIRE),
	FIELD(struct profile, used_by, ON_WIRE),
	FIELD_END,
};
