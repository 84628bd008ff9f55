#include "runtime/instance/identity.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "core/at.h"
#include "core/auto.h"

#define HOSTS_LIMIT (64 << 10)

static int host_name(const struct prefill *p, const char *name, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;

	buf_addf(&text, "%s\n", name);
	return prefill_file(p, "etc/hostname", text.s, true, e);
}

static bool names_it(const char *line, size_t n, const char *name)
{
	return n >= strlen("127.0.1.1") && !strncmp(line, "127.0.1.1", 9) && memmem(line, n, name, strlen(name));
}

/* The image's own lines, but for an old 127.0.1.1, and one for us. */
static int hosts(const struct prefill *p, const char *name, struct err *e)
{
	AUTO(buf) struct buf old = BUF_NONE;
	AUTO(buf) struct buf text = BUF_NONE;
	struct stat s;

	if (fstatat(p->lower, "etc/hosts", &s, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (!S_ISREG(s.st_mode) || at_read(p->lower, "etc/hosts", HOSTS_LIMIT, &old, NULL) < 0))
		return 0; /* whatever it is, it is not ours to change */
	if (!old.len)
		buf_addstr(&text, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
	for (const char *line = old.s, *end; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (names_it(line, (size_t)(end - line), name))
			return 0;
		if (strncmp(line, "127.0.1.1", 9)) {
			buf_add(&text, line, (size_t)(end - line));
			buf_addch(&text, '\n');
		}
	}
	buf_addf(&text, "127.0.1.1\t%s\n", name);
	return prefill_file(p, "etc/hosts", text.s, false, e);
}

/* Two instances with one id would be one machine to DHCP and the journal. */
static int machine_id(const struct prefill *p, struct err *e)
{
	return prefill_file(p, "etc/machine-id", "", true, e);
}

/* The host's servers; one that only this host can ask (127.0.0.53) is of no use inside. */
static int resolver(const struct prefill *p, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	AUTO(buf) struct buf ours = BUF_NONE;

	if (at_exists(p->lower, "etc/resolv.conf") != 0)
		return 0;
	for (const char *const *path = (const char *const[]){ "/run/systemd/resolve/resolv.conf", "/etc/resolv.conf", NULL }; *path; path++) {
		AUTO(fd) int fd = open(*path, O_RDONLY | O_CLOEXEC); /* path: the host's own */
		if (fd < 0 || fd_read(fd, HOSTS_LIMIT, &text, NULL) < 0)
			continue;
		for (const char *line = text.s, *end; *line; line = *end ? end + 1 : end) {
			end = strchrnul(line, '\n');
			if (strncmp(line, "nameserver 127.", 15)) {
				buf_add(&ours, line, (size_t)(end - line));
				buf_addch(&ours, '\n');
			}
		}
		return strstr(ours.s, "nameserver ") ? prefill_file(p, "etc/resolv.conf", ours.s, false, e) : 0;
	}
	return 0;
}

int identity_fill(const struct prefill *p, const char *name, struct err *e)
{
	int r = host_name(p, name, e);

	if (r == 0)
		r = hosts(p, name, e);
	if (r == 0)
		r = machine_id(p, e);
	return r == 0 ? resolver(p, e) : r;
}
