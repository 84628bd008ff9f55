#include "core/image.h"

const struct field image_fields[] = {
	FIELD(struct image, auto_update, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct image, properties, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct image, public, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct image, expires_at, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct image, profiles, ON_DISK | ON_WIRE | ON_SHOW),
	FIELD(struct image, aliases, ON_WIRE),
	FIELD(struct image, architecture, ON_DISK | ON_WIRE),
	FIELD(struct image, cached, ON_DISK | ON_WIRE),
	FIELD(struct image, filename, ON_DISK | ON_WIRE),
	FIELD(struct image, fingerprint, ON_DISK | ON_WIRE),
	FIELD(struct image, size, ON_DISK | ON_WIRE),
	FIELD(struct image, type, ON_DISK | ON_WIRE),
	FIELD(struct image, created_at, ON_DISK | ON_WIRE),
	FIELD(struct image, last_used_at, ON_DISK | ON_WIRE),
	FIELD(struct image, uploaded_at, ON_DISK | ON_WIRE),
	FIELD(struct image, layers, ON_DISK),
	FIELD(struct image, files, ON_DISK),
	FIELD_END,
};
