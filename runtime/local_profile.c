/* Profiles of this host: a file each; their users are found by looking */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/name.h"
#include "runtime/instance/keys.h"
#include "runtime/instance/record.h"
#include "runtime/local_impl.h"

struct walk {
	struct arena *a;
	struct names names;
};

static int take_profile(void *ctx, const char *name, unsigned char type)
{
	struct walk *w = ctx;
	size_t n = strlen(name);

	(void)type;
	if (*name != '.' && n > 5 && str_eq(name + n - 5, ".yaml"))
		names_add(w->a, &w->names, arena_dupn(w->a, name, n - 5));
	return 0;
}

static int take_instance(void *ctx, const char *name, unsigned char type)
{
	struct walk *w = ctx;

	(void)type;
	if (*name != '.')
		names_add(w->a, &w->names, name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return name_order(*(const char *const *)a, *(const char *const *)b);
}

static int sorted_names(struct arena *a, int dir, int (*take)(void *, const char *, unsigned char), struct names *ret,
			struct err *e)
{
	struct walk w = { .a = a };
	int r = at_each(dir, take, &w, e);

	if (r < 0)
		return r;
	if (w.names.n)
		qsort(w.names.item, w.names.n, sizeof *w.names.item, by_name);
	*ret = w.names;
	return 0;
}

/* Every instance's record once, whatever the number of profiles; broken ones use nothing that can be known. */
static int find_users(struct store *st, struct arena *a, struct profile *p, size_t n, struct err *e)
{
	struct names instances;
	int r = sorted_names(a, st->instances, take_instance, &instances, e);

	for (size_t i = 0; r == 0 && i < instances.n; i++) {
		struct instance inst;
		AUTO(fd) int dir = record_open_dir(st, instances.item[i], NULL);

		if (dir < 0 || record_load(a, dir, instances.item[i], &inst, NULL) < 0)
			continue;
		for (size_t j = 0; j < n; j++) {
			if (names_has(&inst.profiles, p[j].name))
				names_add(a, &p[j].used_by, arena_fmt(a, "/1.0/instances/%s", inst.name));
		}
	}
	return r;
}

/* It is listed all the same, so that it can be seen, written anew and deleted. */
static void describe_damage(struct arena *a, const char *name, const struct err *why, struct profile *ret)
{
	*ret = (struct profile){ .name = name, .description = arena_fmt(a, "ERROR: %s", why->text) };
}

int local_profile_list(struct server *s, struct arena *a, struct profile **ret, size_t *ret_n, struct err *e)
{
	struct names names;
	struct store *st;
	int r = local_store(s, true, &st, e);

	*ret_n = 0;
	if (r < 0 || (r = sorted_names(a, st->profiles, take_profile, &names, e)) < 0)
		return r;
	*ret = arena_alloc(a, (names.n + 1) * sizeof **ret);
	for (size_t i = 0; i < names.n; i++) {
		struct profile *p = &(*ret)[*ret_n];
		struct err why = ERR_NONE;

		r = profile_load(st, a, names.item[i], p, &why);
		if (r == -ENOENT)
			continue; /* deleted while we looked */
		if (r < 0)
			describe_damage(a, names.item[i], &why, p);
		(*ret_n)++;
	}
	return find_users(st, a, *ret, *ret_n, e);
}

int local_profile_get(struct server *s, struct arena *a, const char *name, bool users, struct profile *ret, struct err *e)
{
	struct store *st;
	int r = local_store(s, true, &st, e);

	if (r < 0 || (r = profile_load(st, a, name, ret, e)) < 0)
		return r;
	return users ? find_users(st, a, ret, 1, e) : 0;
}

/* Profiles are changed under one lock: they are few, and a change is checked against every user. */
static int hold_profiles(struct server *s, struct store **st, struct lock *lock, struct err *e)
{
	int r = local_store(s, true, st, e);

	return r < 0 ? r : lock_take(lock, (*st)->profiles, ".lock", LOCK_EXCLUSIVE, true, NULL, e);
}

static int exists(struct store *st, const char *name)
{
	char file[300];

	return str_fmt(file, sizeof file, "%s.yaml", name) < 0 ? 0 : at_exists(st->profiles, file);
}

/* Checks it and leaves out what is empty. */
static int check_profile(struct arena *a, struct profile *p, struct err *e)
{
	int r = keys_check_map(&p->config, KEYS_PROFILE, e);
	struct map config = p->config;

	if (r < 0 || (r = local_check_devices(&p->devices, e)) < 0)
		return r;
	map_copy(a, &p->config, &config);
	map_drop_empty(&p->config);
	return 0;
}

int local_profile_create(struct server *s, const struct profile *p, struct err *e)
{
	AUTO(lock) struct lock lock = LOCK_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	struct store *st;
	struct profile copy = *p;
	int r = name_profile(p->name, e);

	if (r < 0 || (r = check_profile(&a, &copy, e)) < 0 || (r = hold_profiles(s, &st, &lock, e)) < 0)
		return r;
	if (exists(st, p->name) == 1)
		return err_set(e, -EEXIST, "Error inserting \"%s\" into database: The profile already exists", p->name);
	return profile_save(st, &a, &copy, e);
}

static const char *user_name(const char *url)
{
	return strrchr(url, '/') + 1;
}

/* Each of them that runs; what one of them does not take keeps nothing from the others. */
static int tell_users(struct server *s, struct arena *a, const struct profile *old, const struct profile *to, struct report *report,
		      struct err *e)
{
	const char *failed = "";

	for (size_t i = 0; i < old->used_by.n; i++) {
		const char *name = user_name(old->used_by.item[i]);
		struct err why = ERR_NONE;

		if (local_profile_changed(s, name, old, to, report, &why) < 0)
			failed = arena_fmt(a, "%s - Project: default, Instance: %s: %s", failed, name, why.text);
	}
	return *failed ? err_set(e, -EIO, "The following instances failed to update (profile change still saved):%s", failed) : 0;
}

/* What it was before a change; a damaged one was nothing, and can be written anew. */
static int load_old(struct store *st, struct arena *a, const char *name, struct profile *ret, struct err *e)
{
	struct err why = ERR_NONE;
	int r = profile_load(st, a, name, ret, &why);

	if (r == -ENOENT) {
		if (e)
			*e = why;
		return r;
	}
	if (r < 0)
		*ret = (struct profile){ .name = name, .description = "" };
	return find_users(st, a, ret, 1, e);
}

int local_profile_update(struct server *s, const struct profile *p, struct report *report, struct err *e)
{
	AUTO(lock) struct lock lock = LOCK_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	struct profile copy = *p, old;
	struct store *st;
	int r = check_profile(&a, &copy, e);

	if (r < 0 || (r = hold_profiles(s, &st, &lock, e)) < 0 || (r = load_old(st, &a, p->name, &old, e)) < 0)
		return r;
	for (size_t i = 0; i < old.used_by.n; i++)
		if ((r = local_profile_fits(s, user_name(old.used_by.item[i]), &copy, e)) < 0)
			return r;
	return (r = profile_save(st, &a, &copy, e)) < 0 ? r : tell_users(s, &a, &old, &copy, report, e);
}

static int refuse_used(struct store *st, struct arena *a, const char *name, struct err *e)
{
	struct profile p = { .name = name };
	int r = find_users(st, a, &p, 1, e);

	return r < 0 ? r : p.used_by.n ? err_set(e, -EBUSY, "Profile is currently in use") : 0;
}

int local_profile_delete(struct server *s, const char *name, struct err *e)
{
	AUTO(lock) struct lock lock = LOCK_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	char file[300];
	struct store *st;
	int r = name_profile(name, e);

	if (r < 0 || (r = hold_profiles(s, &st, &lock, e)) < 0)
		return r;
	if (exists(st, name) != 1)
		return err_set(e, -ENOENT, "Profile not found");
	if (str_eq(name, "default"))
		return err_set(e, -EPERM, "The \"default\" profile cannot be deleted");
	if ((r = refuse_used(st, &a, name, e)) < 0)
		return r;
	str_fmt(file, sizeof file, "%s.yaml", name);
	if (unlinkat(st->profiles, file, 0) < 0 || fsync(st->profiles) < 0)
		return err_sys(e, "profiles/%s", file);
	return 0;
}

/* Its users name it in their records: they are rewritten one by one, before the old name goes. */
static int rename_in_users(struct store *st, struct arena *a, const char *name, const char *to, struct err *e)
{
	struct names instances;
	int r = sorted_names(a, st->instances, take_instance, &instances, e);

	for (size_t i = 0; r == 0 && i < instances.n; i++) {
		AUTO(lock) struct lock lock = LOCK_NONE;
		struct instance inst;
		AUTO(fd) int dir = record_open_dir(st, instances.item[i], NULL);

		if (dir < 0 || lock_take(&lock, dir, "lock", LOCK_EXCLUSIVE, true, NULL, NULL) < 0 ||
		    record_load(a, dir, instances.item[i], &inst, NULL) < 0 || !names_has(&inst.profiles, name))
			continue;
		for (size_t j = 0; j < inst.profiles.n; j++) {
			if (str_eq(inst.profiles.item[j], name))
				inst.profiles.item[j] = to;
		}
		r = record_save(a, dir, &inst, e);
	}
	return r;
}

int local_profile_rename(struct server *s, const char *name, const char *to, struct err *e)
{
	AUTO(lock) struct lock lock = LOCK_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	struct profile p;
	struct store *st;
	char file[300];
	int r = name_profile(to, e);

	if (r < 0 || (r = hold_profiles(s, &st, &lock, e)) < 0)
		return r;
	if (str_eq(name, "default"))
		return err_set(e, -EPERM, "The \"default\" profile cannot be renamed");
	if ((r = profile_load(st, &a, name, &p, e)) < 0)
		return r;
	if (exists(st, to) == 1)
		return err_set(e, -EEXIST, "Name \"%s\" already in use", to);
	p.name = to;
	if ((r = profile_save(st, &a, &p, e)) < 0 || (r = rename_in_users(st, &a, name, to, e)) < 0)
		return r;
	str_fmt(file, sizeof file, "%s.yaml", name);
	if (unlinkat(st->profiles, file, 0) < 0 || fsync(st->profiles) < 0)
		return err_sys(e, "profiles/%s", file);
	return 0;
}
