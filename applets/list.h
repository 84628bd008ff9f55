/* list - columns and filters of `list`, apart from where the instances come from */
#pragma once
#include "applets/out.h"
#include "core/server.h"

struct column {
	char letter;	    /* 0: a config key or a device's option */
	const char *header;
	const char *key;    /* config key, or option of DEVICE */
	const char *device; /* NULL: a config key */
	int width;	    /* bytes; -1: all */
};

struct columns {
	struct column *item;
	size_t n;
	unsigned parts; /* enum instance_parts that they need */
	bool state;	/* one of them shows what is measured */
};

/* "n,s,user.x:HEADER:20" */
int columns_parse(struct arena *a, const char *spec, struct columns *ret, struct err *e);

/* The text of a cell. */
const char *column_cell(struct arena *a, const struct column *col, const struct instance_entry *i);

/* The parts that FILTERS need, and whether an instance passes all of them. */
unsigned filters_need(const struct names *filters);
bool filters_match(struct arena *a, const struct names *filters, const struct instance_entry *i);

/* Whether TEXT matches PATTERN, which is anchored unless it says itself where it begins or ends. */
bool filter_matches(struct arena *a, const char *pattern, const char *text);

/* Whether PART is KEY or abbreviates each of its parts: u.a is user.abc. */
bool filter_abbreviates(const char *part, const char *key);

/* The object of `-f json|yaml`; with STATE also what is measured (else null). */
struct doc *list_document(struct arena *a, const struct instance_entry *i, bool state, enum format f);
