/* name - one validator for each kind of name, used at every entrance: argv, YAML, image, REST, a peer's answer
 *
 * 0, or -EINVAL with LXD's words ("Invalid instance name: Name must not start with a number"). */
#pragma once
#include <stdbool.h>
#include "core/err.h"

int name_instance(const char *s, struct err *e); /* 1-63 of [A-Za-z0-9-], no leading digit or '-', no trailing '-' */
int name_snapshot(const char *s, struct err *e); /* no '/', no blank, not "." or "..", 1-64 bytes, no control bytes */
int name_profile(const char *s, struct err *e);	 /* not empty, no '/', not "." or ".."; one path component of at most 64 */
int name_device(const char *s, struct err *e);	 /* 1-64 of [a-zA-Z0-9/:_.-] */
int name_alias(const char *s, struct err *e);	 /* of an image: not empty, no control bytes, no "REMOTE:" colon, at most 255 */
int name_template(const char *s, struct err *e); /* a file of templates/: one component, not hidden by dots only */
int name_environ(const char *s, struct err *e);	 /* not empty, no '=', no control bytes */

bool name_is_fingerprint(const char *s);	/* 64 lower-case hex digits */
bool name_is_fingerprint_part(const char *s);	/* 1-64 lower-case hex digits */

/* A value that reaches a line-based file or the environment: no NUL (checked by length elsewhere), CR or LF. */
bool value_is_one_line(const char *s);
