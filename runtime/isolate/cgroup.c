#include "runtime/isolate/cgroup.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include "core/arena.h"
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "runtime/host/process.h"
#include "runtime/host/sys.h"

#define CGROUP2_MAGIC 0x63677270
#define PARENT	      "lxcbox"

static const struct {
	char v1[12], v2[12];
} controller_names[CGROUP_N] = {
	[CGROUP_CPU] = { "cpu", "cpu" },	 [CGROUP_CPUACCT] = { "cpuacct", "" },
	[CGROUP_CPUSET] = { "cpuset", "cpuset" }, [CGROUP_MEMORY] = { "memory", "memory" },
	[CGROUP_PIDS] = { "pids", "pids" },	 [CGROUP_IO] = { "blkio", "io" },
	[CGROUP_DEVICES] = { "devices", "" },	 [CGROUP_FREEZER] = { "freezer", "" },
	[CGROUP_HUGETLB] = { "hugetlb", "hugetlb" }, [CGROUP_SYSTEMD] = { "name=systemd", "" },
};

/* ---- small files */

int cgroup_write(int dir, const char *file, const char *value, struct err *e)
{
	return at_write_kernel(dir, file, value, e);
}

int cgroup_read(int dir, const char *file, char *to, size_t size)
{
	AUTO(fd) int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, to, size - 1);
	if (n < 0)
		return -errno;
	to[n] = 0;
	return (int)n;
}

int64_t cgroup_read_number(int dir, const char *file)
{
	char text[64];

	if (cgroup_read(dir, file, text, sizeof text) < 0)
		return -1;
	return str_after(text, "max") ? INT64_MAX : strtoll(text, NULL, 10);
}

int64_t cgroup_read_field(int dir, const char *file, const char *key)
{
	char text[4096];
	size_t n = strlen(key);

	if (cgroup_read(dir, file, text, sizeof text) < 0)
		return -1;
	for (const char *line = text; *line; line = *strchrnul(line, '\n') ? strchrnul(line, '\n') + 1 : "") {
		if (!strncmp(line, key, n) && line[n] == ' ')
			return strtoll(line + n + 1, NULL, 10);
	}
	return -1;
}

/* ---- what the host has */

static bool is_cgroup2(int fd)
{
	struct statfs s;

	return fstatfs(fd, &s) == 0 && s.f_type == CGROUP2_MAGIC;
}

static int open_v2_at(const char *path)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* path: the host's own mount point */
	if (fd < 0 || !is_cgroup2(fd))
		return -1;
	return take_fd(&fd);
}

static bool has_word(const char *list, const char *word, char separator)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n) {
		if ((p == list || p[-1] == separator) && (!p[n] || p[n] == separator || p[n] == '\n'))
			return true;
	}
	return false;
}

/* One line of mountinfo: "36 35 98:0 / /mnt rw - cgroup cgroup rw,cpu,cpuacct". Octal escapes of blanks in the mount point are
 * undone in place. */
static bool mount_line(char *line, char **point, char **type, char **options)
{
	char *field[64];
	int n = 0, dash = 0;

	for (char *save, *word = strtok_r(line, " ", &save); word && n < 64; word = strtok_r(NULL, " ", &save)) {
		if (!dash && n > 5 && str_eq(word, "-"))
			dash = n;
		field[n++] = word;
	}
	if (!dash || n < dash + 4)
		return false;
	char *to = field[4];
	for (char *from = field[4]; *from; to++) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = 0;
	*point = field[4];
	*type = field[dash + 1];
	*options = field[dash + 3];
	return true;
}

static void host_take_mount(struct cgroup_host *h, const char *point, const char *type, const char *options)
{
	if (str_eq(type, "cgroup2") && h->v2 < 0)
		h->v2 = open_v2_at(point);
	if (!str_eq(type, "cgroup"))
		return;
	for (int c = 0; c < CGROUP_N; c++) {
		if (h->v1[c] < 0 && has_word(options, controller_names[c].v1, ','))
			h->v1[c] = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* path: the host's own mount point */
	}
}

static int host_read_mounts(struct cgroup_host *h, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	AUTO(fd) int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC); /* path: our own /proc */
	if (fd < 0)
		return err_sys(e, "/proc/self/mountinfo");
	int r = fd_read(fd, 64 << 20, &text, e);
	if (r < 0)
		return r;
	for (char *line = text.s, *end; *line; line = end) {
		char *point, *type, *options;

		end = strchrnul(line, '\n');
		if (*end)
			*end++ = 0;
		if (mount_line(line, &point, &type, &options))
			host_take_mount(h, point, type, options);
	}
	return 0;
}

/* Nobody mounted a cgroup tree here (a bare initramfs): ours is detached and goes with us. */
static int mount_v2_detached(void)
{
	AUTO(fd) int fs = sys_fsopen("cgroup2", FSOPEN_CLOEXEC);
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
}

/* The named hierarchy: mounting it makes it, for the whole host, until nobody has it mounted and it has no directories. */
static int mount_systemd_detached(void)
{
	AUTO(fd) int fs = sys_fsopen("cgroup", FSOPEN_CLOEXEC);
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_FLAG, "none", NULL, 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "name", "systemd", 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
}

/* Somebody uses it already: we may look for directories in it. */
static bool systemd_hierarchy_exists(void)
{
	char text[4096];

	return cgroup_read(AT_FDCWD, "/proc/self/cgroup", text, sizeof text) > 0 && strstr(text, ":name=systemd:");
}

static void host_read_controllers(struct cgroup_host *h)
{
	char text[256];

	if (h->v2 < 0 || cgroup_read(h->v2, "cgroup.controllers", text, sizeof text) < 0)
		return;
	for (int c = 0; c < CGROUP_N; c++) {
		if (*controller_names[c].v2 && has_word(text, controller_names[c].v2, ' '))
			h->v2_controllers |= CGROUP_BIT(c);
	}
}

int cgroup_host_open(struct cgroup_host *h, unsigned wanted, struct err *e)
{
	*h = CGROUP_HOST_NONE;
	h->v2 = open_v2_at("/sys/fs/cgroup");
	if (h->v2 < 0)
		h->v2 = open_v2_at("/sys/fs/cgroup/unified"); /* systemd's and OpenRC's hybrid layout */
	if (wanted)
		host_read_controllers(h);
	if (h->v2 >= 0 && !(wanted & ~h->v2_controllers))
		return 0;

	int r = host_read_mounts(h, e);
	if (r < 0)
		return r;
	if (h->v2 < 0)
		h->v2 = mount_v2_detached();
	bool only_look = wanted == ~0u;
	if ((wanted & CGROUP_BIT(CGROUP_SYSTEMD)) && h->v1[CGROUP_SYSTEMD] < 0 && (!only_look || systemd_hierarchy_exists()))
		h->v1[CGROUP_SYSTEMD] = mount_systemd_detached();
	host_read_controllers(h);
	return 0;
}

static void close_all(int *fd, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fd[i] >= 0)
			close(take_fd(&fd[i]));
	}
}

void cgroup_host_close(struct cgroup_host *h)
{
	close_all(&h->v2, 1);
	close_all(h->v1, CGROUP_N);
}

void cgroup_close(struct cgroup *cg)
{
	close_all(&cg->v2, 1);
	close_all(cg->v1, CGROUP_N);
	close_all(cg->tasks, CGROUP_N);
}

/* ---- directories */

static int make_dir(int parent, const char *name, struct err *e)
{
	if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		return err_sys(e, "cgroup %s", name);
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "cgroup %s", name) : fd;
}

/* A cpuset of version 1 starts empty and takes no process: hand down what the parent has. */
static int copy_cpuset(int parent, int dir, struct err *e)
{
	static const char *const file[] = { "cpuset.cpus", "cpuset.mems" };
	char value[4096];

	for (size_t i = 0; i < ARRAY_SIZE(file); i++) {
		int n = cgroup_read(dir, file[i], value, sizeof value);
		if (n > 1)
			continue; /* set already */
		n = cgroup_read(parent, file[i], value, sizeof value);
		if (n < 0)
			return err_code(e, n, "cgroup cpuset: %s", file[i]);
		int r = cgroup_write(dir, file[i], value, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool has_processes(int dir)
{
	char c[2];

	return cgroup_read(dir, "cgroup.procs", c, sizeof c) > 0;
}

static int remove_children(int dir);

static int remove_child(void *ctx, const char *name, unsigned char type)
{
	int dir = *(int *)ctx;

	if (type != DT_DIR)
		return 0;
	AUTO(fd) int child = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (child >= 0)
		remove_children(child);
	(void)unlinkat(dir, name, AT_REMOVEDIR); /* what is still busy shows at the parent */
	return 0;
}

static int remove_children(int dir)
{
	return at_each(dir, remove_child, &dir, NULL);
}

/* An instance's own. One that a crash has left may be frozen, or have limits that nobody wants now: an empty one is made anew. */
static int make_own_dir(int parent, const char *name, struct err *e)
{
	AUTO(fd) int old = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (old >= 0 && !has_processes(old)) {
		remove_children(old);
		(void)unlinkat(parent, name, AT_REMOVEDIR); /* what stays is taken over as it is */
	}
	return make_dir(parent, name, e);
}

static int create_v1(int root, enum cgroup_controller c, const char *name, int *ret, struct err *e)
{
	AUTO(fd) int parent = make_dir(root, PARENT, e);
	if (parent < 0)
		return parent;
	AUTO(fd) int dir = make_own_dir(parent, name, e);
	if (dir < 0)
		return dir;
	if (has_processes(dir))
		return err_set(e, -EBUSY, "cgroup %s/%s (%s) holds processes that are not this instance's", PARENT, name,
			       controller_names[c].v1);
	int r = 0;
	if (c == CGROUP_CPUSET && (r = copy_cpuset(root, parent, e)) == 0)
		r = copy_cpuset(parent, dir, e);
	if (r < 0)
		return r;
	*ret = take_fd(&dir);
	return 0;
}

/* Controllers are handed down level by level; EBUSY where a non-root parent holds processes itself. */
static int enable_controllers(int dir, unsigned controllers, struct err *e)
{
	char have[256], line[32];

	cgroup_read(dir, "cgroup.subtree_control", have, sizeof have);
	for (int c = 0; c < CGROUP_N; c++) {
		const char *name = controller_names[c].v2;

		if (!(controllers & CGROUP_BIT(c)) || has_word(have, name, ' '))
			continue;
		str_fmt(line, sizeof line, "+%s", name);
		int r = cgroup_write(dir, "cgroup.subtree_control", line, e);
		if (r < 0)
			return err_in(e, r, "cgroup controller %s cannot be enabled", name);
	}
	return 0;
}

static int create_v2(int root, unsigned controllers, const char *name, int *ret, struct err *e)
{
	AUTO(fd) int parent = make_dir(root, PARENT, e);
	if (parent < 0)
		return parent;
	int r;
	if (controllers &&
	    ((r = enable_controllers(root, controllers, e)) < 0 || (r = enable_controllers(parent, controllers, e)) < 0))
		return r;
	AUTO(fd) int dir = make_own_dir(parent, name, e);
	if (dir < 0)
		return dir;
	if (has_processes(dir))
		return err_set(e, -EBUSY, "cgroup %s/%s holds processes that are not this instance's", PARENT, name);
	*ret = take_fd(&dir);
	return 0;
}

int cgroup_create(const struct cgroup_host *h, const char *name, unsigned wanted, struct cgroup *ret, struct err *e)
{
	AUTO(cgroup) struct cgroup cg = CGROUP_NONE;
	int r;

	if (h->v2 >= 0 && (r = create_v2(h->v2, wanted & h->v2_controllers, name, &cg.v2, e)) < 0)
		return r;
	for (int c = 0; c < CGROUP_N; c++) {
		if (!(wanted & CGROUP_BIT(c)) || (h->v2_controllers & CGROUP_BIT(c)))
			continue;
		if (h->v1[c] < 0)
			return err_set(e, -ENODEV, "this host has no cgroup controller \"%s\"", controller_names[c].v1);
		if ((r = create_v1(h->v1[c], (enum cgroup_controller)c, name, &cg.v1[c], e)) < 0)
			return r;
		cg.tasks[c] = openat(cg.v1[c], "tasks", O_WRONLY | O_CLOEXEC);
		if (cg.tasks[c] < 0)
			return err_sys(e, "cgroup %s/%s (%s): tasks", PARENT, name, controller_names[c].v1);
	}
	*ret = cg;
	cg = CGROUP_NONE;
	return 0;
}

static int open_below(int root, const char *name)
{
	char path[256];

	if (root < 0 || str_fmt(path, sizeof path, "%s/%s", PARENT, name) < 0)
		return -1;
	return openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int cgroup_open(const struct cgroup_host *h, const char *name, struct cgroup *ret, struct err *e)
{
	*ret = CGROUP_NONE;
	bool any = (ret->v2 = open_below(h->v2, name)) >= 0;

	for (int c = 0; c < CGROUP_N; c++)
		any |= (ret->v1[c] = open_below(h->v1[c], name)) >= 0;
	return any ? 0 : err_code(e, -ENOENT, "cgroup %s/%s", PARENT, name);
}

/* ---- removing */

/* cgroup_add leaves a note on the v2 directory: an attribute, which no reader of the tree sees. */
#define ADDED "trusted.lxcbox.added"

static void note_added(int dir)
{
	(void)fsetxattr(dir, ADDED, "", 0, 0); /* not root of the host: an empty directory may stay until the next start takes it over */
}

static bool has_added(const struct cgroup_host *h, const char *name)
{
	AUTO(fd) int dir = open_below(h->v2, name);

	return dir >= 0 && fgetxattr(dir, ADDED, NULL, 0) >= 0;
}

static int remove_one(int root, const char *name)
{
	AUTO(fd) int parent = openat(root, PARENT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return errno == ENOENT ? 0 : -errno;
	/* just reaped processes may keep it busy for a moment */
	for (int wait_us = 500; wait_us < 100000; wait_us *= 2) {
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY && errno != ENOTEMPTY)
			return -errno;
		AUTO(fd) int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir >= 0)
			remove_children(dir);
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
			return 0;
		struct timespec t = { 0, wait_us * 1000L };
		nanosleep(&t, NULL);
	}
	return -EBUSY;
}

static int remove_everywhere(const struct cgroup_host *h, const char *name)
{
	int r = h->v2 >= 0 ? remove_one(h->v2, name) : 0;

	for (int c = 0; c < CGROUP_N; c++) {
		int one = h->v1[c] >= 0 ? remove_one(h->v1[c], name) : 0;
		if (r == 0)
			r = one;
	}
	return r;
}

int cgroup_remove(const struct cgroup_host *h, const char *name, struct err *e)
{
	AUTO(cgroup_host) struct cgroup_host all = CGROUP_HOST_NONE;

	/* H need not have the hierarchies that came later */
	if (has_added(h, name) && cgroup_host_open(&all, ~0u, NULL) == 0)
		h = &all;
	int r = remove_everywhere(h, name);
	return r < 0 ? err_code(e, r, "cgroup %s/%s", PARENT, name) : 0;
}

/* ---- delegation and joining */

static int give(int dir, const char *file, uid_t root, struct err *e)
{
	if (fchownat(dir, file, root, root, *file ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH) < 0 && errno != ENOENT)
		return err_sys(e, "cgroup: chown %s", *file ? file : "directory");
	return 0;
}

int cgroup_delegate(const struct cgroup *cg, uid_t root, struct err *e)
{
	static const char *const v2_files[] = { "", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control" };
	static const char *const v1_files[] = { "", "cgroup.procs", "tasks" };
	int r = 0;

	for (size_t i = 0; cg->v2 >= 0 && r == 0 && i < ARRAY_SIZE(v2_files); i++)
		r = give(cg->v2, v2_files[i], root, e);
	for (int c = 0; c < CGROUP_N && r == 0; c++) {
		for (size_t i = 0; cg->v1[c] >= 0 && r == 0 && i < ARRAY_SIZE(v1_files); i++)
			r = give(cg->v1[c], v1_files[i], root, e);
	}
	return r;
}

static int join_v1(const struct cgroup *cg, enum cgroup_controller c, struct err *e)
{
	if (cg->tasks[c] < 0)
		return cgroup_write(cg->v1[c], "tasks", "0", e);
	return write(cg->tasks[c], "0", 1) < 0 ? err_sys(e, "cgroup %s: tasks", controller_names[c].v1) : 0;
}

int cgroup_join_v1(const struct cgroup *cg, struct err *e)
{
	int r = 0;

	for (int c = 0; c < CGROUP_N && r == 0; c++) {
		if (cg->v1[c] >= 0)
			r = join_v1(cg, (enum cgroup_controller)c, e);
	}
	return r;
}

int cgroup_join_v2(int dir, struct err *e)
{
	return cgroup_write(dir, "cgroup.procs", "0", e);
}

int cgroup_exec_leaf(const struct cgroup *cg, uid_t root, int *ret, struct err *e)
{
	*ret = -1;
	if (cg->v2 < 0)
		return 0;
	AUTO(fd) int leaf = openat(cg->v2, ".lxc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (leaf < 0) {
		struct cgroup made = CGROUP_NONE;

		leaf = make_dir(cg->v2, ".lxc", e);
		if (leaf < 0)
			return leaf;
		made.v2 = leaf;
		int r = cgroup_delegate(&made, root, e);
		if (r < 0)
			return r;
	}
	*ret = take_fd(&leaf);
	return 0;
}

/* ---- a controller for a running instance */

/* The processes of a tree, as its files say it. */
struct processes {
	struct arena *a;
	pid_t *item;
	size_t n;
};

struct process_walk {
	int dir;
	struct processes *to;
};

static int list_processes(int dir, struct processes *to);

static int list_child(void *ctx, const char *name, unsigned char type)
{
	const struct process_walk *w = ctx;

	if (type != DT_DIR)
		return 0;
	AUTO(fd) int dir = openat(w->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return dir < 0 ? 0 : list_processes(dir, w->to); /* gone just now */
}

static int list_processes(int dir, struct processes *to)
{
	struct process_walk children = { dir, to };
	AUTO(buf) struct buf text = BUF_NONE;
	AUTO(fd) int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);

	/* EOPNOTSUPP: a tree of threads, whose processes the directory above has */
	if (fd >= 0 && fd_read(fd, 1 << 24, &text, NULL) == 0) {
		for (const char *p = text.s; *p; p = *strchrnul(p, '\n') ? strchrnul(p, '\n') + 1 : "") {
			to->item = arena_grow(to->a, to->item, to->n, sizeof *to->item);
			to->item[to->n++] = (pid_t)strtol(p, NULL, 10);
		}
	}
	return at_each(dir, list_child, &children, NULL);
}

static int by_pid(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return x < y ? -1 : x > y;
}

/* How many had to be moved. */
static int move_listed(int from, int to, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct processes all = { .a = &a }, there = { .a = &a };
	char text[16];
	int moved = 0;

	(void)list_processes(from, &all); /* what cannot be read holds nobody, or goes just now */
	(void)list_processes(to, &there);
	if (there.n)
		qsort(there.item, there.n, sizeof *there.item, by_pid);
	for (size_t i = 0; i < all.n; i++) {
		if (there.n && bsearch(&all.item[i], there.item, there.n, sizeof *there.item, by_pid))
			continue;
		str_fmt(text, sizeof text, "%d", (int)all.item[i]);
		int r = cgroup_write(to, "cgroup.procs", text, e);
		if (r < 0 && r != -ESRCH)
			return err_in(e, r, "move process %s", text);
		moved += r == 0;
	}
	return moved;
}

/* Until none was born outside meanwhile. */
static int move_all(int from, int to, struct err *e)
{
	for (int pass = 0; pass < 100; pass++) {
		int r = move_listed(from, to, e);

		if (r <= 0)
			return r;
	}
	return err_set(e, -EAGAIN, "processes are made faster than they can be moved");
}

static int any_directory(const struct cgroup *cg, enum cgroup_controller but)
{
	if (cg->v2 >= 0)
		return cg->v2;
	for (int c = 0; c < CGROUP_N; c++) {
		if (c != (int)but && cg->v1[c] >= 0)
			return cg->v1[c];
	}
	return -1;
}

static int add_v1(const struct cgroup_host *h, const char *name, enum cgroup_controller c, uid_t root, struct cgroup *cg,
		  struct err *e)
{
	struct cgroup made = CGROUP_NONE;
	int from = any_directory(cg, c), r = 0;

	if (h->v1[c] < 0)
		return err_set(e, -ENODEV, "this host has no cgroup controller \"%s\"", controller_names[c].v1);
	if (cg->v1[c] < 0) {
		if (cg->v2 >= 0)
			note_added(cg->v2);
		if ((r = create_v1(h->v1[c], c, name, &cg->v1[c], e)) < 0)
			return r;
		made.v1[c] = cg->v1[c];
		r = cgroup_delegate(&made, root, e);
	}
	/* one that is left of an earlier life does not hold this one's */
	return r < 0 || from < 0 ? r : move_all(from, cg->v1[c], e);
}

static int add_v2(const struct cgroup_host *h, enum cgroup_controller c, struct err *e)
{
	AUTO(fd) int parent = openat(h->v2, PARENT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return err_sys(e, "cgroup %s", PARENT);
	int r = enable_controllers(h->v2, CGROUP_BIT(c), e);
	return r < 0 ? r : enable_controllers(parent, CGROUP_BIT(c), e);
}

int cgroup_add(const struct cgroup_host *h, const char *name, enum cgroup_controller c, uid_t root, struct cgroup *cg, struct err *e)
{
	return h->v2_controllers & CGROUP_BIT(c) ? add_v2(h, c, e) : add_v1(h, name, c, root, cg, e);
}

bool cgroup_has(const struct cgroup *cg, enum cgroup_controller c)
{
	char text[256];

	if (cg->v1[c] >= 0)
		return true;
	return *controller_names[c].v2 && cg->v2 >= 0 && cgroup_read(cg->v2, "cgroup.controllers", text, sizeof text) >= 0 &&
	       has_word(text, controller_names[c].v2, ' ');
}

/* ---- by controller */

static const struct cgroup_ops *ops_of(const struct cgroup *cg, enum cgroup_controller c, int *dir)
{
	*dir = cg->v1[c] >= 0 ? cg->v1[c] : cg->v2;
	return cg->v1[c] >= 0 ? &cgroup1_ops : &cgroup2_ops;
}

int cgroup_set_memory(const struct cgroup *cg, const struct cgroup_memory *limit, struct err *e)
{
	int dir;
	const struct cgroup_ops *ops = ops_of(cg, CGROUP_MEMORY, &dir);

	return ops->memory(dir, limit, e);
}

int cgroup_set_pids(const struct cgroup *cg, int64_t max, struct err *e)
{
	int dir;
	const struct cgroup_ops *ops = ops_of(cg, CGROUP_PIDS, &dir);

	return ops->pids(dir, max, e);
}

int cgroup_set_cpu_quota(const struct cgroup *cg, int64_t quota_us, uint64_t period_us, struct err *e)
{
	int dir;
	const struct cgroup_ops *ops = ops_of(cg, CGROUP_CPU, &dir);

	return ops->cpu_quota(dir, quota_us, period_us, e);
}

int cgroup_set_cpu_weight(const struct cgroup *cg, unsigned percent, unsigned priority, struct err *e)
{
	int dir;
	const struct cgroup_ops *ops = ops_of(cg, CGROUP_CPU, &dir);

	return ops->cpu_weight(dir, percent, priority, e);
}

int cgroup_set_cpus(const struct cgroup *cg, const char *cpus, struct err *e)
{
	int dir;
	const struct cgroup_ops *ops = ops_of(cg, CGROUP_CPUSET, &dir);

	return ops->cpus(dir, cpus, e);
}

int cgroup_cpus(const struct cgroup *cg, char *to, size_t size)
{
	int dir;

	ops_of(cg, CGROUP_CPUSET, &dir);
	int n = dir < 0 ? -ENOENT : cgroup_read(dir, "cpuset.cpus", to, size);
	if (n > 0 && to[n - 1] == '\n')
		to[--n] = 0;
	return n;
}

int cgroup_freeze(const struct cgroup *cg, bool frozen, int timeout_ms, struct err *e)
{
	if (cg->v2 >= 0 && faccessat(cg->v2, "cgroup.freeze", W_OK, 0) == 0) /* 5.2 */
		return cgroup2_ops.freeze(cg->v2, frozen, timeout_ms, e);
	if (cg->v1[CGROUP_FREEZER] >= 0)
		return cgroup1_ops.freeze(cg->v1[CGROUP_FREEZER], frozen, timeout_ms, e);
	return err_set(e, -ENODEV, "no cgroup freezer on this host (neither version 2 of 5.2 nor the freezer of version 1)");
}

/* < 5.14: one by one until nobody is left; forks run away from a single pass. */
static void kill_listed(int dir)
{
	char pids[65536];

	if (cgroup_read(dir, "cgroup.procs", pids, sizeof pids) <= 0)
		return;
	for (char *p = pids; *p; p = *strchrnul(p, '\n') ? strchrnul(p, '\n') + 1 : strchrnul(p, '\n')) {
		pid_t pid = (pid_t)strtol(p, NULL, 10);

		if (pid > 0)
			kill(pid, SIGKILL); /* just listed in our own cgroup */
	}
}

int cgroup_kill(const struct cgroup *cg, struct err *e)
{
	if (cg->v2 >= 0 && cgroup_write(cg->v2, "cgroup.kill", "1", NULL) == 0) /* 5.14 */
		return 0;
	bool any = false;
	for (int pass = 0; pass < 100 && cgroup_is_populated(cg); pass++) {
		if (cg->v2 >= 0)
			kill_listed(cg->v2);
		for (int c = 0; c < CGROUP_N; c++) {
			if (cg->v1[c] >= 0)
				kill_listed(cg->v1[c]);
		}
		any = true;
		struct timespec t = { 0, 1000000 };
		nanosleep(&t, NULL);
	}
	return any && cgroup_is_populated(cg) ? err_set(e, -EBUSY, "cgroup: processes that do not die") : 0;
}

bool cgroup_is_populated(const struct cgroup *cg)
{
	if (cg->v2 >= 0)
		return cgroup_read_field(cg->v2, "cgroup.events", "populated") == 1;
	for (int c = 0; c < CGROUP_N; c++) {
		if (cg->v1[c] >= 0 && has_processes(cg->v1[c]))
			return true;
	}
	return false;
}

struct process_count {
	int dir;
	int64_t n;
};

static int count_in_child(void *ctx, const char *name, unsigned char type);

static int64_t count_processes(int dir)
{
	AUTO(buf) struct buf text = BUF_NONE;
	struct process_count count = { dir, 0 };
	AUTO(fd) int procs = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);

	if (procs < 0 || fd_read(procs, 1 << 24, &text, NULL) < 0)
		return 0;
	for (size_t i = 0; i < text.len; i++)
		count.n += text.s[i] == '\n';
	(void)at_each(dir, count_in_child, &count, NULL); /* gone meanwhile: nothing to count */
	return count.n;
}

static int count_in_child(void *ctx, const char *name, unsigned char type)
{
	struct process_count *count = ctx;

	if (type != DT_DIR)
		return 0;
	AUTO(fd) int child = openat(count->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (child >= 0)
		count->n += count_processes(child);
	return 0;
}

void cgroup_usage(const struct cgroup *cg, struct cgroup_usage *ret)
{
	int dir;

	*ret = (struct cgroup_usage){ -1, -1, -1, -1, -1, -1, -1 };
	if (ops_of(cg, CGROUP_MEMORY, &dir)->memory_usage && dir >= 0)
		ops_of(cg, CGROUP_MEMORY, &dir)->memory_usage(dir, ret);
	if (ops_of(cg, CGROUP_CPUACCT, &dir)->cpu_usage && dir >= 0)
		ops_of(cg, CGROUP_CPUACCT, &dir)->cpu_usage(dir, ret);
	if (ops_of(cg, CGROUP_PIDS, &dir)->pids_usage && dir >= 0)
		ops_of(cg, CGROUP_PIDS, &dir)->pids_usage(dir, ret);
	if (ret->processes < 0 && cg->v2 >= 0)
		ret->processes = count_processes(cg->v2); /* no controller: by looking */
}
