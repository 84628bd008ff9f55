/* The images of this host */
#include <errno.h>
#include "core/auto.h"
#include "core/name.h"
#include "runtime/image/images.h"
#include "runtime/local_impl.h"

static int open_store(struct server *s, bool create, struct store **st, struct err *e)
{
	return local_store(s, create, st, e);
}

static int image_list(struct server *s, struct arena *a, struct image **ret, size_t *ret_n, struct err *e)
{
	struct store *st;
	int r = open_store(s, false, &st, e);

	*ret_n = 0;
	if (r == -ENOENT && e)
		*e = ERR_NONE;
	return r == -ENOENT ? 0 : r < 0 ? r : images_list(st, a, ret, ret_n, e);
}

static int image_resolve(struct server *s, struct arena *a, const char *name, struct image *ret, struct err *e)
{
	struct store *st;
	int r = open_store(s, false, &st, e);

	return r == -ENOENT ? err_set(e, r, "Image not found") : r < 0 ? r : images_resolve(st, a, name, ret, e);
}

static int image_find(struct server *s, struct arena *a, const char *name, const char **ret_fingerprint, struct err *e)
{
	struct store *st;
	int r = open_store(s, false, &st, e);

	return r == -ENOENT ? err_set(e, r, "Image not found") : r < 0 ? r : images_find(st, a, name, ret_fingerprint, e);
}

static int image_import(struct server *s, struct arena *a, const struct image_import_files *f, char ret_fingerprint[HASH_HEX],
			struct report *report, struct err *e)
{
	struct names moved = { 0 };
	struct store *st;
	struct image_import imp = {
		.file = f->file,
		.rootfs = f->rootfs,
		.directory = f->directory,
		.filename = f->rootfs_name ? f->rootfs_name : f->file_name,
		.metadata_name = f->file_name,
		.properties = f->properties,
		.aliases = f->aliases,
		.public = f->public,
		.unlimited = f->unlimited,
	};
	int r = open_store(s, true, &st, e);

	if (r < 0 || (r = images_import(st, a, &imp, ret_fingerprint, &moved, report, e)) < 0)
		return r;
	for (size_t i = 0; i < moved.n; i++)
		report_warn(report, "alias \"%s\" now names this image", moved.item[i]);
	return 0;
}

static int image_update(struct server *s, const struct image *image, struct err *e)
{
	struct store *st;
	int r = open_store(s, true, &st, e);

	return r < 0 ? r : images_update(st, image, e);
}

static int image_remove(struct server *s, const char *fingerprint, struct err *e)
{
	struct store *st;
	int r = open_store(s, true, &st, e);

	return r < 0 ? r : images_delete(st, fingerprint, e);
}

static int alias_list(struct server *s, struct arena *a, struct image_alias_entry **ret, size_t *ret_n, struct err *e)
{
	struct image_alias *alias = NULL;
	struct store *st;
	size_t n = 0;
	int r = open_store(s, false, &st, e);

	*ret_n = 0;
	if (r == -ENOENT && e)
		*e = ERR_NONE;
	if (r == -ENOENT)
		return 0;
	if (r < 0 || (r = aliases_list(st, a, &alias, &n, e)) < 0)
		return r;
	*ret = arena_alloc(a, (n + 1) * sizeof **ret);
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = (struct image_alias_entry){ alias[i].name, alias[i].target, alias[i].description, "container" };
	*ret_n = n;
	return 0;
}

static int alias_create(struct server *s, const char *name, const char *target, const char *description, struct err *e)
{
	struct store *st;
	int r = name_alias(name, e);

	if (r < 0 || (r = open_store(s, true, &st, e)) < 0)
		return r;
	return aliases_create(st, name, target, description, e);
}

static int alias_delete(struct server *s, const char *name, struct err *e)
{
	struct store *st;
	int r = open_store(s, true, &st, e);

	return r < 0 ? r : aliases_delete(st, name, e);
}

static int alias_rename(struct server *s, const char *name, const char *to, struct err *e)
{
	struct store *st;
	int r = name_alias(to, e);

	if (r < 0 || (r = open_store(s, true, &st, e)) < 0)
		return r;
	return aliases_rename(st, name, to, e);
}

const struct image_ops local_image_ops = {
	.list = image_list,
	.resolve = image_resolve,
	.find = image_find,
	.import = image_import,
	.update = image_update,
	.remove = image_remove,
	.alias_list = alias_list,
	.alias_create = alias_create,
	.alias_delete = alias_delete,
	.alias_rename = alias_rename,
};
