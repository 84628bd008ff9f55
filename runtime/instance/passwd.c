#include "runtime/instance/passwd.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "core/parse.h"

#define PASSWD_LIMIT (1 << 20)
#define FIELDS	     7

/* "name:x:uid:gid:gecos:home:shell"; the fields without their colons. */
static bool split_line(const char *line, size_t n, const char *field[FIELDS], size_t length[FIELDS])
{
	for (int i = 0; i < FIELDS; i++) {
		const char *colon = i < FIELDS - 1 ? memchr(line, ':', n) : line + n;

		if (!colon)
			return false;
		field[i] = line;
		length[i] = (size_t)(colon - line);
		if (i < FIELDS - 1) {
			n -= length[i] + 1;
			line = colon + 1;
		}
	}
	return true;
}

static bool copy_field(char *to, size_t size, const char *s, size_t n)
{
	if (n >= size || memchr(s, 0, n))
		return false;
	memcpy(to, s, n);
	to[n] = 0;
	return true;
}

static bool parse_line(const char *line, size_t n, struct passwd_entry *ret)
{
	const char *field[FIELDS];
	size_t length[FIELDS];
	char uid[16], gid[16];

	return split_line(line, n, field, length) && copy_field(ret->name, sizeof ret->name, field[0], length[0]) &&
	       copy_field(uid, sizeof uid, field[2], length[2]) && copy_field(gid, sizeof gid, field[3], length[3]) &&
	       parse_u32(uid, 0, UINT32_MAX - 1, &ret->uid) == 0 && parse_u32(gid, 0, UINT32_MAX - 1, &ret->gid) == 0 &&
	       copy_field(ret->home, sizeof ret->home, field[5], length[5]) &&
	       copy_field(ret->shell, sizeof ret->shell, field[6], length[6]);
}

int passwd_parse(const char *text, size_t n, const char *name, uint32_t uid, struct passwd_entry *ret)
{
	while (n) {
		const char *end = memchr(text, '\n', n);
		size_t line = end ? (size_t)(end - text) : n;
		struct passwd_entry entry;

		if (parse_line(text, line, &entry) && (name ? str_eq(entry.name, name) : entry.uid == uid)) {
			*ret = entry;
			return 0;
		}
		line += end != NULL;
		text += line;
		n -= line;
	}
	return -ENOENT;
}

int passwd_find(int root, const char *name, uint32_t uid, struct passwd_entry *ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	struct stat s;

	/* O_NONBLOCK: a FIFO in its place must not hold us */
	AUTO(fd) int fd = at_open_in_root(root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, e);
	if (fd < 0)
		return fd;
	if (fstat(fd, &s) < 0 || !S_ISREG(s.st_mode))
		return err_set(e, -EINVAL, "/etc/passwd inside is not a regular file");
	int r = fd_read(fd, PASSWD_LIMIT, &text, e);
	if (r < 0)
		return err_in(e, r, "/etc/passwd inside");
	r = passwd_parse(text.s, text.len, name, uid, ret);
	if (r < 0)
		return name ? err_set(e, r, "no user \"%s\" in /etc/passwd inside", name) :
			      err_set(e, r, "no user %u in /etc/passwd inside", uid);
	return 0;
}
