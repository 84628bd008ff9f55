/* yaml_edit - a record as a document in the user's editor, or as it comes on stdin */
#pragma once
#include "applets/applet.h"

struct yaml_edit {
	const char *what;     /* names the document in errors: "c1" */
	const char *comment;  /* lines of the head, without "### " */
	const struct doc *now;
	/* Takes the new document as a whole. An error opens the editor again. */
	int (*apply)(struct call *c, void *ctx, const struct doc *to);
	void *ctx;
};

int yaml_edit(struct call *c, const struct yaml_edit *edit);
