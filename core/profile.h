/* profile - the record of a profile, as profiles/NAME.yaml and GET /1.0/profiles/NAME */
#pragma once
#include "core/field.h"

struct profile {
	struct map config;
	const char *description;
	struct devices devices;
	const char *name;
	struct names used_by; /* "/1.0/instances/NAME"; not on disk */
};

extern const struct field profile_fields[];
