/* stdin_yaml - a document that may or may not be waiting on stdin
 *
 * `launch` and `init` take YAML there, and are called in loops whose list is on stdin. So what is there is looked at first
 * and taken only if it is a mapping of an instance's: a regular file is read in place, a pipe by tee(2). */
#pragma once
#include "applets/applet.h"

/* *RET NULL: nothing for us. WHAT names the document in errors. */
int stdin_peek(struct call *c, const struct field *fields, const char *what, struct doc **ret);

/* Whether text begins as a YAML or JSON mapping whose first key is one of FIELDS. 1, 0, or -EAGAIN: too short to tell. */
int stdin_looks_like(const char *s, size_t n, const struct field *fields);

/* All of stdin as one document; an empty one is -EINVAL: it would wipe what it replaces. */
int stdin_document(struct call *c, const char *what, struct doc **ret);

enum { DOCUMENT_LIMIT = 4 << 20 };
