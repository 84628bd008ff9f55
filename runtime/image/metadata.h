/* metadata - metadata.yaml of an image (YAML or JSON) */
#pragma once
#include "core/arena.h"
#include "core/field.h"

struct template {
	const char *path; /* in the root filesystem, as written */
	const char *template;
	struct names when;
	bool create_only;
	struct map properties;
};

struct metadata {
	const char *architecture; /* LXD's name, whatever alias was written */
	int64_t creation_date;
	int64_t expiry_date; /* 0: never */
	struct map properties;
	struct template *templates;
	size_t n_templates;
};

/* DIR/metadata.yaml, at most 1 MiB, a regular file. Errors name the file and line and say what would be right. */
int metadata_read(struct arena *a, int dir, struct metadata *ret, struct err *e);
int metadata_parse(struct arena *a, const char *what, const char *data, size_t n, struct metadata *ret, struct err *e);

/* The templates' files, which LXD looks for only when an instance is created: an image that lacks one can be imported, listed
 * and deleted. DIR holds templates/. The error names the first that is missing or no regular file. */
int metadata_check_templates(const struct metadata *m, int dir, struct err *e);
