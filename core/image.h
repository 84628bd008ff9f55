/* image - the record of an image, as images/FINGERPRINT/image.yaml and GET /1.0/images/FINGERPRINT */
#pragma once
#include "core/field.h"

struct image {
	bool auto_update;
	struct map properties;
	bool public;
	struct timestamp expires_at; /* never: 0 */
	struct names profiles;
	struct doc *aliases; /* list of { name, description }; on the wire only, aliases.yaml holds them */
	const char *architecture;
	bool cached;
	const char *filename;
	const char *fingerprint;
	int64_t size; /* sum of the files, bytes */
	const char *type;
	struct timestamp created_at;
	struct timestamp last_used_at;
	struct timestamp uploaded_at;

	/* on disk only */
	struct names layers;
	struct names files; /* the blobs as imported, in order: one, or metadata and root */
};

extern const struct field image_fields[];
