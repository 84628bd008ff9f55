#include "core/name.h"

#include <errno.h>
#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char hex[] = "0123456789abcdef";

/* Nothing but bytes of SET or ALSO. */
static bool is_made_of(const char *s, const char *set, const char *also)
{
	for (; *s; s++)
		if (!strchr(set, *s) && !strchr(also, *s))
			return false;
	return true;
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static bool is_dots(const char *s)
{
	return !strcmp(s, ".") || !strcmp(s, "..");
}

int name_instance(const char *s, struct err *e)
{
	size_t n = strlen(s);
	const char *why = NULL;

	if (strchr(s, '/'))
		return err_set(e, -EINVAL, "The character \"/\" is reserved for snapshots");
	if (n < 1 || n > 63)
		why = "Name must be 1-63 characters long";
	else if (s[0] == '-')
		why = "Name must not start with \"-\" character";
	else if (s[0] >= '0' && s[0] <= '9')
		why = "Name must not start with a number";
	else if (s[n - 1] == '-')
		why = "Name must not end with \"-\" character";
	else if (!is_made_of(s, letters, "0123456789-"))
		why = "Name can only contain alphanumeric and hyphen characters";
	return why ? err_set(e, -EINVAL, "Invalid instance name: %s", why) : 0;
}

int name_snapshot(const char *s, struct err *e)
{
	size_t n = strlen(s);
	const char *why = NULL;

	if (n < 1 || n > 64)
		why = "Name must be 1-64 characters long";
	else if (strpbrk(s, " /"))
		why = "Cannot contain space or / characters";
	else if (is_dots(s))
		why = "Cannot be \".\" or \"..\"";
	else if (has_control(s))
		why = "Cannot contain control characters";
	return why ? err_set(e, -EINVAL, "Invalid snapshot name: %s", why) : 0;
}

int name_profile(const char *s, struct err *e)
{
	if (!*s)
		return err_set(e, -EINVAL, "Missing profile name");
	if (strchr(s, '/'))
		return err_set(e, -EINVAL, "Profile names may not contain slashes");
	if (strlen(s) > 64)
		return err_set(e, -EINVAL, "Invalid profile name: Name must be 1-64 characters long");
	if (is_dots(s) || has_control(s))
		return err_set(e, -EINVAL, "Invalid profile name \"%s\"", s);
	return 0;
}

int name_device(const char *s, struct err *e)
{
	size_t n = strlen(s);

	if (n < 1 || n > 64)
		return err_set(e, -EINVAL, "Name must be 1-64 characters long");
	if (!is_made_of(s, letters, "0123456789/:_.-"))
		return err_set(e, -EINVAL, "Name can only contain alphanumeric, forward slash, hyphen, colon, "
					   "underscore and full stop characters");
	return 0;
}

int name_alias(const char *s, struct err *e)
{
	const char *why = NULL;

	if (!*s || strlen(s) > 255)
		why = "Name must be 1-255 characters long";
	else if (strchr(s, ':'))
		why = "Cannot contain \":\"";
	else if (has_control(s))
		why = "Cannot contain control characters";
	return why ? err_set(e, -EINVAL, "Invalid alias name: %s", why) : 0;
}

int name_template(const char *s, struct err *e)
{
	const char *why = NULL;

	if (!*s || strlen(s) > 255)
		why = "Name must be 1-255 characters long";
	else if (strchr(s, '/'))
		why = "Cannot contain \"/\"";
	else if (is_dots(s))
		why = "Cannot be \".\" or \"..\"";
	else if (has_control(s))
		why = "Cannot contain control characters";
	return why ? err_set(e, -EINVAL, "Invalid template name: %s", why) : 0;
}

int name_environ(const char *s, struct err *e)
{
	if (!*s)
		return err_set(e, -EINVAL, "Environment variables need a name");
	if (strchr(s, '=') || has_control(s))
		return err_set(e, -EINVAL, "Invalid environment variable name \"%s\"", s);
	return 0;
}

bool name_is_fingerprint_part(const char *s)
{
	size_t n = strlen(s);

	return n >= 1 && n <= 64 && is_made_of(s, hex, "");
}

bool name_is_fingerprint(const char *s)
{
	return strlen(s) == 64 && name_is_fingerprint_part(s);
}

bool value_is_one_line(const char *s)
{
	return !strpbrk(s, "\r\n");
}
