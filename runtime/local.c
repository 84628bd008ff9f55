/* The instances of this host's state directory: an entry is a lock and one call into a room */
#include "runtime/local.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "core/architecture.h"
#include "core/at.h"
#include "core/auto.h"
#include "core/name.h"
#include "core/parse.h"
#include "core/store.h"
#include "runtime/host/process.h"
#include "runtime/host/self.h"
#include "runtime/host/sys.h"
#include "runtime/image/images.h"
#include "runtime/image/metadata.h"
#include "runtime/instance/balance.h"
#include "runtime/instance/console.h"
#include "runtime/instance/create.h"
#include "runtime/instance/ended.h"
#include "runtime/instance/exec.h"
#include "runtime/instance/keys.h"
#include "runtime/instance/log.h"
#include "runtime/instance/monitor.h"
#include "runtime/instance/protections.h"
#include "runtime/instance/record.h"
#include "runtime/instance/start.h"
#include "runtime/instance/state.h"
#include "runtime/instance/step.h"
#include "runtime/instance/stop.h"
#include "runtime/local_impl.h"
#include "runtime/rootfs/layer.h"

/* ---- the store, opened when first needed */

int local_store(struct server *s, bool create, struct store **ret, struct err *e)
{
	struct local *l = s->impl;

	*ret = &l->store;
	if (l->is_open && (l->is_swept || !create))
		return 0;
	int r = l->is_open ? 0 : store_open(&l->store, l->path, create, e);
	if (r < 0)
		return r == -ENOENT && create ? -ENODEV : r; /* it cannot be made: not the same as one that is not there yet */
	l->is_open = true;
	if (create && !l->is_swept) {
		l->is_swept = true;
		(void)local_sweep(&l->store, NULL); /* a disk that refuses will say so to the command itself */
	}
	return 0;
}

int local_sweep(struct store *st, struct err *e)
{
	int r = store_sweep(st, e);

	if (r == 0 && layer_is_sweep_due(st))
		return layer_try_sweep(st, e);
	if (r <= 0)
		return r;
	/* something died: what it may have left outside of trash/ */
	return (r = idmap_sweep(st, e)) < 0 ? r : layer_try_sweep(st, e);
}

/* ---- one instance, locked */

struct held {
	struct store *st;
	struct lock lock;
	int dir;
	struct instance inst; /* recorded and expanded */
	const char *broken;   /* why the record cannot be used; the rest is empty then */
	bool lost;	      /* something runs, but `state` does not say what */
};

#define HELD_NONE ((struct held){ .lock = LOCK_NONE, .dir = -1 })

static void auto_held(struct held *h)
{
	lock_release(&h->lock);
	auto_fd(&h->dir);
}

static void say_waiting(void *ctx, const char *text)
{
	report_warn(ctx, "%s; waiting", text);
}

/* NAME is still the directory that we hold. */
static bool is_still(const struct held *h, const char *name)
{
	struct stat ours, now;

	return fstat(h->dir, &ours) == 0 && fstatat(h->st->instances, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == now.st_ino && ours.st_dev == now.st_dev;
}

/* A start whose command was killed goes on in the monitor: wait until it is decided. -EBADMSG: that is not what holds the state,
 * whatever it says; it is damaged. */
static int wait_for_start(struct held *h, const char *name, struct err *e)
{
	int64_t begin = monotonic_ms(), end = begin + 10000;
	char boot[BOOT_ID_SIZE];
	struct state state;
	int r = process_boot_id(boot, e);

	while (r == 0 && (r = state_read(h->dir, boot, &state, e)) == 0) {
		if (state.power != POWER_STOPPED || state_wait_released(h->dir, 20) == 0)
			return 0;
		if (state.recorded != POWER_STARTING && monotonic_ms() > begin + 1000 && stop_is_populated(h->st, name, NULL) == 1)
			return -EBADMSG;
		if (monotonic_ms() > end)
			return err_set(e, -EBUSY, "%s is being started by a monitor that does not answer", name);
	}
	return r;
}

/* `state` is damaged. When nothing runs, it held nothing that is needed: begun anew. */
static int mend_state(struct held *h, const char *name, struct err *e)
{
	int r = stop_is_populated(h->st, name, e);

	if (r == 1) {
		h->lost = true;
		return err_set(e, -EBADMSG, "instances/%s: state: damaged, and something runs (stop --force or delete --force ends it)", name);
	}
	if (r < 0 || (r = at_remove_tree(h->dir, "state", e)) < 0)
		return err_in(e, r, "instances/%s", name);
	log_line(h->dir, "its state was damaged, a new one was begun");
	return 0;
}

/* A lock that is no file holds nobody. Looked at under another lock: who comes second must not remove the new one. */
static int mend_lock(struct held *h, struct err *e)
{
	AUTO(fd) int guard = openat(h->st->instances, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat s;

	if (guard < 0 || flock(guard, LOCK_EX) < 0)
		return err_sys(e, "lock");
	if (fstatat(h->dir, "lock", &s, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(s.st_mode))
		return at_remove_tree(h->dir, "lock", e);
	return 0;
}

static int take_lock(struct held *h, const char *name, struct report *report, struct err *e)
{
	struct lock_wait wait = { .timeout_ms = -1, .notice_ms = 2000, .notice = say_waiting, .ctx = report };
	struct err why = ERR_NONE;
	int r = lock_take(&h->lock, h->dir, "lock", LOCK_EXCLUSIVE, true, &wait, &why);

	if (r == -EISDIR || r == -ELOOP || r == -ENXIO) {
		if ((r = mend_lock(h, e)) < 0)
			return err_in(e, r, "instances/%s", name);
		why = ERR_NONE;
		r = lock_take(&h->lock, h->dir, "lock", LOCK_EXCLUSIVE, true, &wait, &why);
	}
	if (r < 0 && e)
		*e = why;
	return r;
}

/* Runs, but its monitor does not: somebody killed it. */
static void adopt_orphan(struct held *h, struct report *report)
{
	struct state state;
	struct err why = ERR_NONE;
	char boot[BOOT_ID_SIZE];

	if (process_boot_id(boot, NULL) < 0 || state_read(h->dir, boot, &state, NULL) < 0 || state.power == POWER_STOPPED ||
	    process_is_alive(&state.monitor) || !process_is_alive(&state.init))
		return;
	if (start_adopt(h->st, &h->lock, h->dir, &h->inst, &state, &why) < 0)
		report_warn(report, "%s runs without a monitor: %s", h->inst.name, why.text);
	else
		log_line(h->dir, "its monitor was gone, a new one took over");
}

/* Stopped, but the record of its state says something else: a start, or a life, ended without anybody to clear up. */
static int clear_up(struct held *h, const char *name, struct err *e)
{
	struct state state;
	char boot[BOOT_ID_SIZE];
	int r = process_boot_id(boot, e);

	if (r < 0 || (r = state_read(h->dir, boot, &state, e)) < 0)
		return r;
	if (state.power != POWER_STOPPED || state.recorded == POWER_STOPPED || state_wait_released(h->dir, 0) < 0)
		return 0;
	return stop_cleanup(h->st, h->dir, name, e);
}

enum needed {
	NEED_ALL,
	NEED_RECORD, /* its profiles may be damaged or gone, and nothing of them is there then */
	NEED_NAME, /* a record that cannot be used is no error; only name and directory are there; nor is a state that is lost */
};

/* 0, or why it cannot be used as a whole. */
static int read_held(struct arena *a, const char *name, struct held *h, bool *ret_record, struct err *e)
{
	struct profile_cache cache = { 0 };
	int r = record_load(a, h->dir, name, &h->inst, e);

	*ret_record = r == 0;
	if (r == 0 && (r = record_expand(h->st, a, &cache, &h->inst, e)) < 0) {
		h->inst.expanded_config = h->inst.config;
		h->inst.expanded_devices = h->inst.devices;
	}
	return r;
}

static int hold(struct server *s, struct arena *a, const char *name, enum needed needed, struct report *report, struct held *h,
		struct err *e)
{
	struct err why = ERR_NONE;
	bool record;
	int r = local_store(s, true, &h->st, e);

	if (r < 0 || (r = record_open_dir(h->st, name, e)) < 0)
		return r;
	h->dir = r;
	r = take_lock(h, name, report, e);
	if (r == -ENOENT)
		return err_set(e, r, "Instance not found");
	if (r < 0)
		return r;
	/* removed, renamed, or made anew while we waited */
	if (!is_still(h, name))
		return err_set(e, -ENOENT, "Instance not found");
	h->inst.name = arena_dup(a, name);
	if ((r = wait_for_start(h, name, &why)) == -EBADMSG) {
		why = ERR_NONE;
		r = mend_state(h, name, &why);
	}
	if (r < 0 && !(h->lost && needed == NEED_NAME)) {
		if (e)
			*e = why;
		return r;
	}
	why = ERR_NONE;
	r = read_held(a, name, h, &record, &why);
	if (r < 0 && (needed == NEED_ALL || (needed == NEED_RECORD && !record))) {
		if (e)
			*e = why;
		return r;
	}
	if (r < 0 && needed == NEED_NAME) {
		h->broken = arena_dup(a, why.text);
		h->inst.name = arena_dup(a, name);
		return h->lost ? 0 : clear_up(h, name, e);
	}
	if (h->lost)
		return 0;
	adopt_orphan(h, report);
	return clear_up(h, name, e);
}

#define HELD __attribute__((cleanup(auto_held))) struct held

/* ---- list */

struct names_walk {
	struct arena *a;
	struct names names;
};

static int take_name(void *ctx, const char *name, unsigned char type)
{
	struct names_walk *w = ctx;

	(void)type;
	if (*name != '.')
		names_add(w->a, &w->names, name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return name_order(*(const char *const *)a, *(const char *const *)b);
}

static int instance_names(struct store *st, struct arena *a, struct names *ret, struct err *e)
{
	struct names_walk w = { .a = a };
	int r = at_each(st->instances, take_name, &w, e);

	if (r < 0)
		return r;
	if (w.names.n)
		qsort(w.names.item, w.names.n, sizeof *w.names.item, by_name);
	*ret = w.names;
	return 0;
}

static void measure(struct store *st, int dir, const char *boot, struct instance_entry *entry)
{
	AUTO(cgroup_host) struct cgroup_host host = CGROUP_HOST_NONE;
	AUTO(cgroup) struct cgroup cg = CGROUP_NONE;
	struct cgroup_usage u;
	struct state state;
	char name[96];

	entry->state = (struct instance_state){ entry->record.status_code, 0, -1, -1, -1, -1, -1, -1, -1, -1 };
	if (state_read(dir, boot, &state, NULL) < 0 || state.power == POWER_STOPPED)
		return;
	entry->state.pid = state.init.pid;
	str_fmt(name, sizeof name, "%s.%s", st->id, entry->record.name);
	if (cgroup_host_open(&host, ~0u, NULL) < 0 || cgroup_open(&host, name, &cg, NULL) < 0)
		return;
	cgroup_usage(&cg, &u);
	entry->state.processes = u.processes;
	entry->state.memory_usage = u.memory;
	entry->state.memory_peak = u.memory_peak;
	entry->state.swap_usage = u.swap;
	entry->state.swap_peak = u.swap_peak;
	entry->state.cpu_ns = u.cpu_ns;
	entry->state.oom_kills = u.oom_kills;
}

static int fill_entry(struct store *st, struct arena *a, unsigned parts, const char *boot, struct profile_cache *cache,
		      struct instance_entry *entry, struct err *e)
{
	const char *name = entry->record.name;
	AUTO(fd) int dir = record_open_dir(st, name, e);
	int r = dir < 0 ? dir : 0;

	/* a status is worth nothing without a record that can be read */
	if (r == 0 && (parts & (PART_RECORD | PART_EXPANDED | PART_STATUS)))
		r = record_load(a, dir, name, &entry->record, e);
	if (r == 0 && (parts & PART_EXPANDED))
		r = record_expand(st, a, cache, &entry->record, e);
	if (r == 0 && (parts & (PART_STATUS | PART_STATE)))
		r = record_status(dir, boot, &entry->record, e);
	if (r == 0 && (parts & PART_STATE))
		measure(st, dir, boot, entry);
	return r;
}

static void mark_broken(struct arena *a, struct instance_entry *entry, const char *name, const struct err *why)
{
	*entry = (struct instance_entry){ .broken = arena_dup(a, why->text) };
	entry->record = (struct instance){
		.name = name, .status = "Error", .status_code = STATUS_ERROR, .architecture = "", .description = "",
		.location = "none", .type = "container", .project = "default",
	};
	entry->state = (struct instance_state){ STATUS_ERROR, 0, -1, -1, -1, -1, -1, -1, -1, -1 };
}

static bool is_true(const struct map *config, const char *key)
{
	const char *value = map_get(config, key);
	bool v = false;

	return value && parse_bool(value, &v) == 0 && v;
}

/* An ephemeral instance that has been up and is not any more: its monitor did not live to remove it. One that was made for a
 * single command is not even waited for to have been up. (While it is made, it is locked.) */
static bool is_leftover(const struct instance_entry *entry)
{
	const struct instance *i = &entry->record;

	return i->ephemeral && i->status_code == STATUS_STOPPED &&
	       (i->last_used_at.s || is_true(&i->config, "volatile.lxcbox.owned"));
}

static int remove_leftover(struct server *s, struct arena *a, const char *name)
{
	HELD h = HELD_NONE;
	struct instance_entry entry = { 0 };
	char boot[BOOT_ID_SIZE];
	int r = local_store(s, true, &h.st, NULL);

	if (r < 0 || h.st->read_only || (h.dir = record_open_dir(h.st, name, NULL)) < 0)
		return -1;
	if (lock_try(&h.lock, h.dir, "lock", LOCK_EXCLUSIVE, NULL) < 0 || process_boot_id(boot, NULL) < 0 ||
	    record_load(a, h.dir, name, &entry.record, NULL) < 0 || record_status(h.dir, boot, &entry.record, NULL) < 0 ||
	    !is_leftover(&entry) || ended_is_kept(h.dir))
		return -1;
	(void)stop_cleanup(h.st, h.dir, name, NULL);
	return destroy_instance(h.st, &h.lock, name, &entry.record, NULL);
}

static int local_list(struct server *s, struct arena *a, unsigned parts, const char *name, struct instance_list *ret,
		      struct err *e)
{
	struct profile_cache cache = { 0 };
	struct names names = { 0 };
	struct store *st;
	char boot[BOOT_ID_SIZE] = "";
	int r = local_store(s, false, &st, e);

	*ret = (struct instance_list){ 0 };
	if (r == -ENOENT) {
		if (e)
			*e = ERR_NONE;
		return name ? err_set(e, -ENOENT, "Instance not found") : 0;
	}
	if (r < 0)
		return r;
	if (name) {
		AUTO(fd) int dir = record_open_dir(st, name, e);
		if (dir < 0)
			return dir;
		names_add(a, &names, name);
	} else if ((r = instance_names(st, a, &names, e)) < 0) {
		return r;
	}
	if ((parts & (PART_STATUS | PART_STATE)) && (r = process_boot_id(boot, e)) < 0)
		return r;
	ret->item = arena_alloc(a, (names.n + 1) * sizeof *ret->item);
	for (size_t i = 0; i < names.n; i++) {
		struct instance_entry *entry = &ret->item[ret->n];
		struct err why = ERR_NONE;

		entry->record.name = names.item[i];
		r = fill_entry(st, a, parts, boot, &cache, entry, &why);
		if (r == -ENOENT && at_exists(st->instances, names.item[i]) == 0)
			continue; /* deleted while we looked */
		if (r < 0)
			mark_broken(a, entry, names.item[i], &why);
		else if (!name && is_leftover(entry) && remove_leftover(s, a, names.item[i]) == 0)
			continue;
		ret->n++;
	}
	return 0;
}

int local_repair(struct server *s, struct report *report, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct names names;
	struct store *st;
	int r = local_store(s, true, &st, e);

	/* claims that a deletion could not give back lie in no trash */
	if (r < 0 || (r = local_sweep(st, e)) < 0 || (r = idmap_sweep(st, e)) < 0 || (r = instance_names(st, &a, &names, e)) < 0)
		return r;
	for (size_t i = 0; i < names.n; i++) {
		HELD h = HELD_NONE;
		AUTO(fd) int dir = record_open_dir(st, names.item[i], NULL);

		/* in use: whoever uses it clears up */
		if (dir < 0 || lock_is_held(dir, "lock") == 1)
			continue;
		/* the first that cannot be repaired is the answer; the others are all the same */
		int one = hold(s, &a, names.item[i], NEED_NAME, report, &h, r < 0 ? NULL : e);
		if (h.lost)
			report_warn(report, "%s runs, but its state is damaged (stop --force or delete --force ends it)", names.item[i]);
		if (r >= 0 && one < 0 && one != -ENOENT)
			r = one;
	}
	return r;
}

/* ---- create */

/* Whoever has a count of CPUs changes what others get. */
static void balance(struct store *st, const struct instance *inst, struct report *report)
{
	struct err why = ERR_NONE;

	if (map_get(&inst->expanded_config, "limits.cpu") && balance_cpus(st, &why) < 0)
		report_warn(report, "limits.cpu: %s", why.text);
}

static int check_device(const struct device *d, struct err *e)
{
	static const char known[][13] = { "disk", "gpu", "infiniband", "nic", "none", "pci", "proxy", "tpm", "unix-block", "unix-char",
					  "unix-hotplug", "usb" };
	const char *type = map_get(&d->options, "type");
	int r = name_device(d->name, e);

	if (r < 0)
		return r;
	if (!type)
		return err_set(e, -EINVAL, "Missing device type");
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(known[i], type))
			return 0;
	return err_set(e, -EINVAL, "Failed loading device \"%s\": Unsupported device type", d->name);
}

int local_check_devices(const struct devices *devices, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < devices->n && r == 0; i++)
		r = err_in(e, check_device(&devices->item[i], e), "Device validation failed for \"%s\"", devices->item[i].name);
	return r;
}

static int check_profiles(const struct names *profiles, struct err *e)
{
	for (size_t i = 0; i < profiles->n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (str_eq(profiles->item[i], profiles->item[j]))
				return err_set(e, -EINVAL, "Duplicate profile found in request");
		}
	}
	return 0;
}

/* What every way of making or changing a record goes through. */
static int check_instance(struct store *st, struct arena *a, struct instance *inst, struct err *e)
{
	struct profile_cache cache = { 0 };
	int r = keys_check_map(&inst->config, KEYS_INSTANCE, e);

	if (r < 0)
		return err_in(e, r, "Invalid config");
	map_drop_empty(&inst->config);
	if ((r = err_in(e, local_check_devices(&inst->devices, e), "Invalid devices")) < 0 || (r = check_profiles(&inst->profiles, e)) < 0 ||
	    (r = record_expand(st, a, &cache, inst, e)) < 0)
		return r;
	r = keys_check_map(&inst->expanded_config, KEYS_EXPANDED, e);
	return err_in(e, r, "Invalid expanded config");
}

/* An image that lacks a template that it names can be listed and deleted, but not used. */
static int check_templates(struct store *st, struct arena *a, const struct image *image, struct err *e)
{
	struct metadata m;
	AUTO(fd) int dir = image->layers.n ? at_open(st->layers, image->layers.item[0], O_RDONLY | O_DIRECTORY, 0, e) : -1;
	int r = dir < 0 ? dir : metadata_read(a, dir, &m, e);

	return r < 0 ? r : metadata_check_templates(&m, dir, e);
}

/* The image's part: architecture, layers, properties as image.* */
static int take_image(struct store *st, struct arena *a, const char *name, struct create *c, struct err *e)
{
	struct image image;
	int r = images_resolve(st, a, name, &image, e);

	if (r < 0)
		return r;
	if (!architecture_runs(image.architecture))
		return err_set(e, -ENOEXEC, "the image is for %s, this host runs %s programs", image.architecture,
			       architecture_host());
	if ((r = check_templates(st, a, &image, e)) < 0)
		return r;
	c->inst.architecture = image.architecture;
	c->layers = image.layers;
	for (size_t i = 0; i < image.properties.n; i++) {
		const char *key = arena_fmt(a, "image.%s", image.properties.item[i].key);

		if (!map_get(&c->inst.config, key))
			map_set(a, &c->inst.config, key, image.properties.item[i].value);
	}
	map_set(a, &c->inst.config, "volatile.base_image", image.fingerprint);
	(void)images_used(st, image.fingerprint); /* only a date */
	return 0;
}

/* What only we may write: files lie as these say. */
static bool is_ours(const char *key)
{
	return str_after(key, "volatile.lxcbox.") || str_eq(key, "volatile.idmap.base");
}

static int merge(struct store *st, struct arena *a, const struct instance_create *from, struct create *c, struct err *e)
{
	c->inst = *from->from;
	c->inst.config = (struct map){ 0 };
	for (size_t i = 0; i < from->from->config.n; i++) /* `config show c1 | lxc init IMAGE c2` has another's */
		if (!is_ours(from->from->config.item[i].key))
			map_set(a, &c->inst.config, from->from->config.item[i].key, from->from->config.item[i].value);
	devices_copy(a, &c->inst.devices, &from->from->devices);
	c->host = from->host;
	c->own_init = from->own_init;
	c->owned = from->owner != 0;
	if (!c->inst.description)
		c->inst.description = "";
	if (!c->inst.profiles.n && !from->no_profiles)
		names_add(a, &c->inst.profiles, "default");
	c->inst.architecture = architecture_host();
	int r = from->host ? 0 : take_image(st, a, from->image, c, e);
	return r < 0 ? r : check_instance(st, a, &c->inst, e);
}

static int explain_plan(struct store *st, struct arena *a, const struct instance *inst, struct buf *to, struct err *e)
{
	struct plan plan;
	int r = plan_build(a, st->id, inst, &plan, e);

	if (r == 0) {
		steps_explain(&plan, to);
		protections_off(&plan, to);
	}
	return r;
}

static int log_failed_start(int dir, int r, struct err *e)
{
	if (r < 0 && e)
		log_line(dir, "%s", e->text);
	return r;
}

/* What cannot be started is not made first: a device of an unknown kind, a limit that this host has not. */
static int refuse_unplannable(struct store *st, struct arena *a, const char *name, const struct create *c, struct err *e)
{
	struct create copy = *c;
	struct plan plan;

	map_copy(a, &copy.inst.config, &c->inst.config);
	map_copy(a, &copy.inst.expanded_config, &c->inst.expanded_config);
	int r = create_pretend(st, a, name, &copy, e);
	return r < 0 ? r : plan_build(a, st->id, &copy.inst, &plan, e);
}

static bool host_boots_with_init(void)
{
	char a[256], b[256];
	ssize_t n = readlinkat(AT_FDCWD, "/proc/1/exe", a, sizeof a - 1);
	char *init = realpath("/sbin/init", NULL);

	if (n > 0)
		a[n] = 0;
	bool same = n > 0 && init && str_fmt(b, sizeof b, "%s", init) == 0 && str_eq(a, b);
	free(init);
	return same;
}

/* It is stopped. OWNER: -1, or the pidfd of the process whose end is its own. */
static int start_held(struct held *h, int owner, pid_t *ret_monitor, struct report *report, struct err *e)
{
	if (is_true(&h->inst.expanded_config, "security.protection.start"))
		return err_set(e, -EPERM, "Container is protected from being started (security.protection.start)");
	int r = start_instance(h->st, &h->lock, h->dir, &h->inst, owner, ret_monitor, report, e);
	if (r == 0)
		balance(h->st, &h->inst, report);
	return log_failed_start(h->dir, r, e);
}

static int local_create(struct server *s, struct arena *a, const struct instance_create *from, const char **ret_name,
			struct report *report, struct err *e)
{
	HELD h = HELD_NONE;
	struct create c = { 0 };
	const char *name = from->name;
	int r = local_store(s, true, &h.st, e);

	if (r < 0 || (name && (r = name_instance(name, e)) < 0))
		return r;
	if (!name && (r = create_name(h.st, a, &name, e)) < 0)
		return r;
	if ((r = merge(h.st, a, from, &c, e)) < 0)
		return r;
	if (from->host && !host_boots_with_init())
		c.own_init = true;
	*ret_name = name;
	if (from->explain) {
		r = create_pretend(h.st, a, name, &c, e);
		return r < 0 ? r : explain_plan(h.st, a, &c.inst, from->explained, e);
	}
	AUTO(fd) int owner = from->owner ? sys_pidfd_open((pid_t)from->owner, 0) : -1;
	if (owner < 0 && from->owner && errno == ESRCH)
		return err_set(e, -ESRCH, "the command that it was to be made for has ended");
	if ((r = refuse_unplannable(h.st, a, name, &c, e)) < 0 ||
	    (r = create_instance(h.st, a, name, &c, &h.lock, &h.dir, e)) < 0 || !from->start)
		return r;
	if (from->created)
		from->created(from->created_ctx, name);
	h.inst = c.inst;
	return start_held(&h, owner, NULL, report, e);
}

/* ---- change */

/* What only we write survives an edit that leaves it out. */
static void keep_volatile(struct arena *a, const struct instance *old, struct instance *to)
{
	for (size_t i = 0; i < old->config.n; i++) {
		const char *key = old->config.item[i].key;

		if (str_after(key, "volatile.") && !map_get(&to->config, key))
			map_set(a, &to->config, key, old->config.item[i].value);
	}
}

static int apply_live(struct store *st, struct arena *a, int dir, const struct instance *old, const struct instance *to,
		      struct err *e)
{
	AUTO(cgroup_host) struct cgroup_host host = CGROUP_HOST_NONE;
	AUTO(cgroup) struct cgroup cg = CGROUP_NONE;
	struct plan before, after;
	struct state state;
	char boot[BOOT_ID_SIZE];
	int r = process_boot_id(boot, e);

	if (r < 0 || (r = state_read(dir, boot, &state, e)) < 0 || state.power == POWER_STOPPED)
		return r;
	if ((r = plan_build(a, st->id, old, &before, e)) < 0 || (r = plan_build(a, st->id, to, &after, e)) < 0 ||
	    (r = cgroup_host_open(&host, ~0u, e)) < 0 || (r = cgroup_open(&host, after.cgroup, &cg, e)) < 0)
		return r;
	plan_as_started(&after, &state.map, state.capabilities_dropped);
	struct live live = { .now = &after, .cgroup = &cg, .host = &host };
	return keys_live(&old->expanded_config, &to->expanded_config, &live, &before, e);
}

static int refuse_ours(const struct map *old, const struct map *to, struct err *e)
{
	for (size_t i = 0; i < to->n; i++) {
		const char *key = to->item[i].key, *value = map_get(old, key);

		if (is_ours(key) && (!value || !str_eq(value, to->item[i].value)))
			return err_set(e, -EINVAL, "Invalid config: %s can't be changed by the user", key);
	}
	return 0;
}

static int store_changed(struct held *h, struct arena *a, struct instance *to, struct report *report, struct err *e)
{
	keep_volatile(a, &h->inst, to);
	to->layers = h->inst.layers;
	to->created_at = h->inst.created_at;
	to->name = h->inst.name;
	if (!to->architecture || !*to->architecture)
		to->architecture = h->inst.architecture;
	int r = refuse_ours(&h->inst.config, &to->config, e);
	if (r < 0 || (r = check_instance(h->st, a, to, e)) < 0 || (r = apply_live(h->st, a, h->dir, &h->inst, to, e)) < 0 || (r = record_save(a, h->dir, to, e)) < 0)
		return r;
	balance(h->st, map_get(&to->expanded_config, "limits.cpu") ? to : &h->inst, report);
	return 0;
}

static int local_update(struct server *s, struct arena *a, const char *name, const struct instance *to, struct report *report,
			struct err *e)
{
	HELD h = HELD_NONE;
	int r = hold(s, a, name, NEED_RECORD, report, &h, e);

	if (r < 0)
		return r;
	struct instance copy = *to;
	map_copy(a, &copy.config, &to->config);
	return store_changed(&h, a, &copy, report, e);
}

static int local_change(struct server *s, struct arena *a, const char *name,
			int (*fn)(void *ctx, struct arena *a, struct instance *i, struct err *e), void *ctx,
			struct report *report, struct err *e)
{
	HELD h = HELD_NONE;
	int r = hold(s, a, name, NEED_RECORD, report, &h, e);

	if (r < 0)
		return r;
	struct instance copy = h.inst;
	map_copy(a, &copy.config, &h.inst.config);
	devices_copy(a, &copy.devices, &h.inst.devices);
	if ((r = fn(ctx, a, &copy, e)) < 0)
		return r;
	return store_changed(&h, a, &copy, report, e);
}

/* ---- a profile of theirs */

/* INST with P in the place of what the file says. False: another profile of it is damaged, which its next start says. */
static bool expand_with(struct store *st, struct arena *a, const struct profile *p, struct instance *inst)
{
	struct profile first = *p;
	struct profile_cache cache = { &first, 1 };

	return record_expand(st, a, &cache, inst, NULL) == 0;
}

int local_profile_fits(struct server *s, const char *name, const struct profile *to, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct instance inst;
	struct store *st;
	int r = local_store(s, true, &st, e);
	AUTO(fd) int dir = r < 0 ? -1 : record_open_dir(st, name, NULL);

	if (dir < 0 || record_load(&a, dir, name, &inst, NULL) < 0 || !expand_with(st, &a, to, &inst))
		return r;
	return err_in(e, keys_check_map(&inst.expanded_config, KEYS_EXPANDED, e), "%s: Invalid expanded config", name);
}

int local_profile_changed(struct server *s, const char *name, const struct profile *from, const struct profile *to, struct report *report,
			  struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	HELD h = HELD_NONE;
	int r = hold(s, &a, name, NEED_NAME, report, &h, e);

	if (r < 0 || h.broken || h.lost)
		return r == -ENOENT ? 0 : r;
	struct instance was = h.inst;
	if (!expand_with(h.st, &a, from, &was) || !expand_with(h.st, &a, to, &h.inst))
		return 0;
	if ((r = apply_live(h.st, &a, h.dir, &was, &h.inst, e)) < 0)
		return r;
	balance(h.st, map_get(&h.inst.expanded_config, "limits.cpu") ? &h.inst : &was, report);
	return 0;
}

/* ---- remove, rename */

static int ensure_stopped(struct held *h, const char *name, bool force, struct err *e)
{
	char boot[BOOT_ID_SIZE];
	struct state state = { .power = POWER_RUNNING };
	int r = process_boot_id(boot, e);

	if (r < 0 || (!h->lost && (r = state_read(h->dir, boot, &state, e)) < 0))
		return r;
	/* the state may have been removed, or name other processes */
	if (state.power == POWER_STOPPED && (r = stop_is_populated(h->st, name, e)) <= 0)
		return r;
	if (force && (h->lost || state.power == POWER_STOPPED))
		return stop_lost(h->st, h->dir, name, e);
	if (!force)
		return err_set(e, -EBUSY, "The instance is currently running, stop it first or pass --force");
	return stop_instance(h->st, &h->lock, h->dir, name, true, -1, e);
}

static int local_remove(struct server *s, const char *name, bool force, struct report *report, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	HELD h = HELD_NONE;
	int r = hold(s, &a, name, NEED_NAME, report, &h, e);

	if (r < 0)
		return r;
	if (h.broken && !force)
		return err_set(e, -EINVAL, "%s (delete --force removes it)", h.broken);
	if (is_true(&h.inst.expanded_config, "security.protection.delete"))
		return err_set(e, -EPERM, "Container is protected");
	if ((r = ensure_stopped(&h, name, force, e)) < 0)
		return r;
	return destroy_instance(h.st, &h.lock, name, h.broken ? NULL : &h.inst, e);
}

static int local_rename(struct server *s, const char *name, const char *to, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	HELD h = HELD_NONE;
	int r = name_instance(to, e);

	if (r < 0 || (r = hold(s, &a, name, NEED_ALL, NULL, &h, e)) < 0)
		return r;
	if (at_exists(h.st->instances, to) == 1)
		return err_set(e, -EEXIST, "Name \"%s\" already in use", to);
	if ((r = ensure_stopped(&h, name, false, NULL)) < 0)
		return err_set(e, r, "Renaming of running container not allowed");
	return rename_instance(h.st, &h.lock, h.dir, &h.inst, to, e);
}

/* ---- state */

static int start_locked(struct held *h, const char *name, pid_t *ret_monitor, struct report *report, struct err *e)
{
	char boot[BOOT_ID_SIZE];
	struct state state;
	int r = process_boot_id(boot, e);

	if (r < 0 || (r = state_read(h->dir, boot, &state, e)) < 0)
		return r;
	if (state.power == POWER_FROZEN)
		return freeze_instance(h->st, &h->lock, h->dir, name, false, e);
	if (state.power == POWER_RUNNING)
		return err_set(e, -EALREADY, "The instance is already running");
	return start_held(h, -1, ret_monitor, report, e);
}

static int stop_locked(struct held *h, const char *name, const struct state_change *c, struct err *e)
{
	bool force = c->force || !c->timeout_ms;
	int r;

	if (h->lost && !force)
		return err_set(e, -EBADMSG, "its state is damaged: --force ends what runs");
	r = h->lost ? stop_lost(h->st, h->dir, name, e) : stop_instance(h->st, &h->lock, h->dir, name, force, c->timeout_ms, e);
	if (r == 0)
		balance(h->st, &h->inst, NULL);

	/* somebody else who forced it may have removed it by now */
	if (r == 0 && h->inst.ephemeral && c->action == STATE_STOP && is_still(h, name))
		r = destroy_instance(h->st, &h->lock, name, &h->inst, e);
	return r;
}

static int restart_locked(struct held *h, const char *name, const struct state_change *c, struct report *report, struct err *e)
{
	AUTO(lock) struct lock keep = LOCK_NONE;
	int r = h->inst.ephemeral ? ended_keep(h->dir, &keep, e) : 0;

	if (r < 0 || (r = stop_locked(h, name, c, e)) < 0)
		return r;
	return start_locked(h, name, NULL, report, e);
}

#define FOREGROUND_STOP_MS 30000

static int stop_by_name(struct server *s, const char *name, const struct state_change *c, struct report *report)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	HELD h = HELD_NONE;
	int r = hold(s, &a, name, NEED_NAME, report, &h, NULL);

	return r < 0 ? r : stop_locked(&h, name, c, NULL);
}

/* The instance under a supervisor: this process stands for it. TERM and INT stop it; by force when it takes too long, as the
 * supervisor would use force on us next. The lock is free meanwhile: other commands work as ever. */
static int supervise(struct server *s, struct held *h, const char *name, struct report *report, struct err *e)
{
	struct state_change stop = { .action = STATE_STOP, .timeout_ms = FOREGROUND_STOP_MS };
	sigset_t set, old;
	pid_t monitor = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	int r = start_locked(h, name, &monitor, report, e);
	lock_release(&h->lock);
	while (r == 0 && monitor && waitpid(monitor, NULL, WNOHANG) == 0) {
		int sig = sigwaitinfo(&set, NULL);

		if (sig != SIGTERM && sig != SIGINT)
			continue;
		if (stop_by_name(s, name, &stop, report) < 0) {
			stop.force = true;
			(void)stop_by_name(s, name, &stop, report); /* ended by itself just now */
		}
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

static int local_set_state(struct server *s, const char *name, const struct state_change *c, struct report *report,
			   struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	HELD h = HELD_NONE;
	int r = hold(s, &a, name, c->action == STATE_STOP ? NEED_NAME : NEED_ALL, report, &h, e);

	if (r < 0)
		return r;
	switch (c->action) {
	case STATE_START:
		return c->foreground ? supervise(s, &h, name, report, e) : start_locked(&h, name, NULL, report, e);
	case STATE_STOP:
		return stop_locked(&h, name, c, e);
	case STATE_RESTART:
		return restart_locked(&h, name, c, report, e);
	case STATE_FREEZE:
		return freeze_instance(h.st, &h.lock, h.dir, name, true, e);
	case STATE_UNFREEZE:
		return freeze_instance(h.st, &h.lock, h.dir, name, false, e);
	}
	return -EINVAL;
}

/* ---- exec, console, logs: no lock, as nothing changes */

static int load_expanded(struct server *s, struct arena *a, const char *name, struct store **st, int *dir, struct instance *inst,
			 struct err *e)
{
	struct profile_cache cache = { 0 };
	int r = local_store(s, false, st, e);

	if (r == -ENOENT)
		return err_set(e, r, "Instance not found");
	if (r < 0 || (r = record_open_dir(*st, name, e)) < 0)
		return r;
	*dir = r;
	if ((r = record_load(a, *dir, name, inst, e)) < 0)
		return r;
	return record_expand(*st, a, &cache, inst, e);
}

/* limits.kernel.NAME -> NAME */
static struct map kernel_limits(struct arena *a, const struct map *config)
{
	struct map limits = { 0 };

	for (size_t i = 0; i < config->n; i++) {
		const char *name = str_after(config->item[i].key, "limits.kernel.");

		if (name)
			map_set(a, &limits, name, config->item[i].value);
	}
	return limits;
}

static int local_exec(struct server *s, const char *name, const struct exec_request *req, int *ret_status,
		      struct report *report, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(fd) int dir = -1;
	struct store *st;
	struct instance inst;
	struct state state;
	struct enter enter;
	char boot[BOOT_ID_SIZE], cgroup[96];
	_Alignas(max_align_t) char first[6144];

	arena_lend(&a, first, sizeof first);
	int r = load_expanded(s, &a, name, &st, &dir, &inst, e);
	*ret_status = 1;
	if (r < 0 || (r = process_boot_id(boot, e)) < 0 || (r = state_recorded(dir, boot, &state, e)) < 0 ||
	    (r = str_fmt(cgroup, sizeof cgroup, "%s.%s", st->id, name)) < 0)
		return r;
	r = enter_open(&enter, dir, cgroup, &state, e);
	struct map rlimits = kernel_limits(&a, &inst.expanded_config);
	enter.rlimits = &rlimits;
	if (r == 0)
		r = exec_run(&enter, &inst, req, ret_status, report, e);
	enter_close(&enter);
	return r;
}

static int open_instance_dir(struct server *s, const char *name, struct err *e)
{
	struct store *st;
	int r = local_store(s, false, &st, e);

	if (r == -ENOENT)
		return err_set(e, r, "Instance not found");
	return r < 0 ? r : record_open_dir(st, name, e);
}

static int local_console(struct server *s, const char *name, int in, int out, struct err *e)
{
	AUTO(fd) int dir = open_instance_dir(s, name, e);
	struct state state;
	char boot[BOOT_ID_SIZE];
	int r = dir < 0 ? dir : process_boot_id(boot, e);

	if (r < 0 || (r = state_read(dir, boot, &state, e)) < 0)
		return r;
	if (state.power == POWER_STOPPED)
		return err_set(e, -ESRCH, "Instance is not running");
	AUTO(fd) int fd = console_attach(dir, e);
	return fd < 0 ? fd : console_relay(fd, in, out, e);
}

static int local_console_log(struct server *s, const char *name, struct buf *to, struct err *e)
{
	AUTO(fd) int dir = open_instance_dir(s, name, e);
	if (dir < 0)
		return dir;
	int r = at_read(dir, "console.log", 64 << 20, to, e);
	return r == -ENOENT ? 0 : r;
}

static int local_log(struct server *s, const char *name, struct buf *to, struct err *e)
{
	AUTO(fd) int dir = open_instance_dir(s, name, e);

	return dir < 0 ? dir : log_read(dir, to, e);
}

static int local_explain(struct server *s, const char *name, struct buf *to, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(fd) int dir = -1;
	struct store *st;
	struct instance inst;
	int r = load_expanded(s, &a, name, &st, &dir, &inst, e);

	return r < 0 ? r : explain_plan(st, &a, &inst, to, e);
}

const struct instance_ops local_instance_ops = {
	.list = local_list,
	.create = local_create,
	.update = local_update,
	.change = local_change,
	.remove = local_remove,
	.rename = local_rename,
	.set_state = local_set_state,
	.exec = local_exec,
	.console = local_console,
	.console_log = local_console_log,
	.log = local_log,
	.explain = local_explain,
	.profile_list = local_profile_list,
	.profile_get = local_profile_get,
	.profile_create = local_profile_create,
	.profile_update = local_profile_update,
	.profile_delete = local_profile_delete,
	.profile_rename = local_profile_rename,
	.config_get = local_config_get,
	.config_set = local_config_set,
	.info = local_info,
	.check = local_check,
};

/* ---- open and close */

int local_open(struct server **ret, struct arena *a, const char *path, struct err *e)
{
	struct local *l = arena_alloc(a, sizeof *l);

	(void)e;
	l->path = path;
	l->server = (struct server){ .instances = &local_instance_ops, .images = &local_image_ops, .name = "local", .impl = l };
	*ret = &l->server;
	return 0;
}

void local_close(struct server *s)
{
	struct local *l = s->impl;

	if (l->is_open)
		store_close(&l->store);
	l->is_open = false;
}

int local_protect(struct err *e)
{
	return self_protect(e);
}

bool local_is_monitor(const char *argv0)
{
	return str_after(argv0, MONITOR_TITLE) != NULL;
}

int local_monitor_main(int argc, char **argv)
{
	return monitor_main(argc, argv);
}
