#include "runtime/image/images.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "core/doc.h"
#include "core/name.h"
#include "runtime/image/alias.h"
#include "runtime/image/metadata.h"
#include "runtime/image/pack.h"
#include "runtime/image/unpack.h"
#include "runtime/rootfs/layer.h"

enum { RECORD_LIMIT = 1024 * 1024 };

/* ---- records */

static int write_record(struct arena *a, int dir, const struct image *image, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;

	doc_write_yaml(record_write(a, image_fields, ON_DISK, image), &text);
	if (buf_error(&text))
		return err_code(e, buf_error(&text), "image.yaml");
	return at_write_atomic(dir, "image.yaml", text.s, text.len, 0600, e);
}

/* What every reader relies on; an older or a damaged record may lack it. */
static int check_record(struct arena *a, struct image *image, struct err *e)
{
	const struct {
		const char *name;
		bool there;
	} row[] = { { "architecture", image->architecture }, { "type", image->type }, { "layers", image->layers.n } };

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		if (!row[i].there)
			return err_set(e, -EINVAL, "image.yaml: %s is missing", row[i].name);
	}
	if (!image->filename)
		image->filename = arena_dup(a, "");
	return 0;
}

static int read_record(struct store *st, struct arena *a, const char *fingerprint, struct image *ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	struct doc *doc;
	struct stat used;
	int r;

	AUTO(fd) int dir = openat(st->images, fingerprint, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? err_set(e, -ENOENT, "Image not found: %s", fingerprint) : err_sys(e, "image %s", fingerprint);
	*ret = (struct image){ 0 };
	if ((r = at_read(dir, "image.yaml", RECORD_LIMIT, &text, e)) < 0 ||
	    (r = doc_read_yaml(a, "image.yaml", text.s, text.len, &doc, e)) < 0 ||
	    (r = record_read(a, image_fields, ON_DISK, "image.yaml", doc, ret, NULL, e)) < 0 ||
	    (r = check_record(a, ret, e)) < 0)
		return err_in(e, r, "image %.12s", fingerprint);
	ret->fingerprint = arena_dup(a, fingerprint);
	if (!fstatat(dir, "used", &used, AT_SYMLINK_NOFOLLOW))
		ret->last_used_at = (struct timestamp){ used.st_mtim.tv_sec, (uint32_t)used.st_mtim.tv_nsec };
	return 0;
}

/* A launch must not wait for the disk: the date is that of a file, not of the record. */
int images_used(struct store *st, const char *fingerprint)
{
	char path[128];
	int r = image_entry_path(path, fingerprint, "used");

	if (r < 0)
		return r;
	if (!utimensat(st->images, path, NULL, AT_SYMLINK_NOFOLLOW))
		return 0;
	if (errno != ENOENT)
		return -errno;
	AUTO(fd) int fd = openat(st->images, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : 0;
}

static void add_aliases(struct arena *a, struct image *image, const struct image_alias *alias, size_t n)
{
	image->aliases = doc_list(a);
	for (size_t i = 0; i < n; i++) {
		struct doc *one;

		if (!str_eq(alias[i].target, image->fingerprint))
			continue;
		one = doc_map(a);
		doc_put(a, one, "name", doc_str(a, alias[i].name));
		doc_put(a, one, "description", doc_str(a, alias[i].description));
		doc_add(a, image->aliases, one);
	}
}

int images_get(struct store *st, struct arena *a, const char *fingerprint, struct image *ret, struct err *e)
{
	struct image_alias *alias;
	size_t n;
	int r;

	if (!name_is_fingerprint(fingerprint))
		return err_set(e, -ENOENT, "Image not found: %s", fingerprint);
	if ((r = read_record(st, a, fingerprint, ret, e)) < 0 || (r = aliases_list(st, a, &alias, &n, e)) < 0)
		return r;
	add_aliases(a, ret, alias, n);
	return 0;
}

/* ---- many */

struct listing {
	struct arena *a;
	const char *prefix;
	struct names names;
};

static int note_fingerprint(void *ctx, const char *name, unsigned char d_type)
{
	struct listing *l = ctx;

	(void)d_type;
	if (name_is_fingerprint(name) && str_after(name, l->prefix))
		names_add(l->a, &l->names, name);
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list_fingerprints(struct store *st, struct arena *a, const char *prefix, struct names *ret, struct err *e)
{
	struct listing l = { a, prefix, { 0 } };
	int r = at_each(st->images, note_fingerprint, &l, e);

	if (r < 0)
		return err_in(e, r, "images");
	if (l.names.n)
		qsort(l.names.item, l.names.n, sizeof *l.names.item, by_bytes);
	*ret = l.names;
	return 0;
}

/* It is listed all the same, so that it can be seen and deleted. */
static void describe_damage(struct arena *a, const char *fingerprint, const struct err *why, struct image *ret)
{
	*ret = (struct image){ .fingerprint = fingerprint, .type = "container", .architecture = "", .filename = "" };
	map_set(a, &ret->properties, "description", arena_fmt(a, "ERROR: %s", why->text));
}

int images_list(struct store *st, struct arena *a, struct image **ret, size_t *ret_n, struct err *e)
{
	struct image_alias *alias;
	struct names names;
	struct image *image;
	size_t aliases, n = 0;
	int r;

	if ((r = list_fingerprints(st, a, "", &names, e)) < 0 || (r = aliases_list(st, a, &alias, &aliases, e)) < 0)
		return r;
	image = arena_alloc(a, names.n * sizeof *image);
	for (size_t i = 0; i < names.n; i++) {
		struct err why = ERR_NONE;

		r = read_record(st, a, names.item[i], &image[n], &why);
		if (r < 0 && at_exists(st->images, names.item[i]) == 0)
			continue; /* deleted while we looked */
		if (r < 0)
			describe_damage(a, names.item[i], &why, &image[n]);
		add_aliases(a, &image[n++], alias, aliases);
	}
	*ret = image;
	*ret_n = n;
	return 0;
}

/* ---- looking up */

static int several(struct arena *a, const char *name, const struct names *names, struct err *e)
{
	const char *list = "";

	for (size_t i = 0; i < names->n && i < 5; i++)
		list = arena_fmt(a, "%s%s%.12s", list, *list ? ", " : "", names->item[i]);
	return err_set(e, -EINVAL, "More than one image matches %s: %s%s", name, list, names->n > 5 ? ", ..." : "");
}

static int full_fingerprint(struct store *st, struct arena *a, const char *name, const char **ret, struct err *e)
{
	struct names names = { 0 };
	int r = 0;

	if (name_is_fingerprint(name)) {
		*ret = name;
		return 0;
	}
	if (name_is_fingerprint_part(name))
		r = list_fingerprints(st, a, name, &names, e);
	if (r < 0)
		return r;
	if (!names.n)
		return err_set(e, -ENOENT, "Image not found: %s", name);
	*ret = names.item[0];
	return names.n > 1 ? several(a, name, &names, e) : 0;
}

int images_resolve_fingerprint(struct store *st, struct arena *a, const char *part, struct image *ret, struct err *e)
{
	const char *fingerprint;
	int r = full_fingerprint(st, a, part, &fingerprint, e);

	return r < 0 ? r : images_get(st, a, fingerprint, ret, e);
}

struct alias_list {
	struct image_alias *item;
	size_t n;
};

static int find(struct store *st, struct arena *a, const char *name, struct alias_list *aliases, const char **ret, struct err *e)
{
	int r = aliases_list(st, a, &aliases->item, &aliases->n, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < aliases->n; i++) {
		if (str_eq(aliases->item[i].name, name)) {
			*ret = aliases->item[i].target;
			return 0;
		}
	}
	return full_fingerprint(st, a, name, ret, e);
}

int images_find(struct store *st, struct arena *a, const char *name, const char **ret_fingerprint, struct err *e)
{
	struct alias_list aliases;

	return find(st, a, name, &aliases, ret_fingerprint, e);
}

int images_resolve(struct store *st, struct arena *a, const char *name, struct image *ret, struct err *e)
{
	struct alias_list aliases;
	const char *fingerprint;
	int r = find(st, a, name, &aliases, &fingerprint, e);

	if (r < 0 || (r = read_record(st, a, fingerprint, ret, e)) < 0)
		return r;
	add_aliases(a, ret, aliases.item, aliases.n);
	return 0;
}

/* ---- changing */

int images_update(struct store *st, const struct image *image, struct err *e)
{
	AUTO(lock) struct lock lock = LOCK_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	struct image stored;
	int r;

	if ((r = images_lock(st, &lock, e)) < 0 || (r = read_record(st, &a, image->fingerprint, &stored, e)) < 0)
		return r;
	stored.auto_update = image->auto_update;
	map_copy(&a, &stored.properties, &image->properties);
	map_drop_empty(&stored.properties);
	stored.public = image->public;
	stored.expires_at = image->expires_at;
	stored.profiles = image->profiles;
	AUTO(fd) int dir = openat(st->images, image->fingerprint, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "image %s", image->fingerprint);
	return write_record(&a, dir, &stored, e);
}

static int remove_locked(struct store *st, const char *fingerprint, struct err *e)
{
	int r = store_remove(st, st->images, fingerprint, e);

	return r < 0 ? r : alias_forget(st, fingerprint, e);
}

int images_delete(struct store *st, const char *fingerprint, struct err *e)
{
	AUTO(lock) struct lock lock = LOCK_NONE;
	int r;

	if (!name_is_fingerprint(fingerprint) || at_exists(st->images, fingerprint) == 0)
		return err_set(e, -ENOENT, "Image not found: %s", fingerprint);
	if ((r = images_lock(st, &lock, e)) < 0 || (r = remove_locked(st, fingerprint, e)) < 0)
		return r;
	lock_release(&lock);
	/* The image is gone. What cannot be collected now (a damaged record somewhere) is so with the next deletion. */
	(void)layer_sweep(st, NULL);
	return 0;
}

/* ---- importing */

/* What is being built: both are swept if we die. */
struct build {
	struct store_new image, layer;
	struct hash hash;
	uint64_t size;
	struct names files;
	struct unpack_result result; /* of all files together */
	struct metadata metadata;
	char fingerprint[HASH_HEX];
};

static int open_blob(struct arena *a, struct build *b, struct err *e)
{
	const char *name = arena_fmt(a, "blob%zu", b->files.n);
	int fd = openat(b->image.dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, "%s", name);
	names_add(a, &b->files, name);
	return fd;
}

static int unpack_from(struct build *b, struct unpack *u, struct report *report, struct err *e)
{
	struct unpack_result one;
	struct stat s;
	int r;

	if (!fstat(u->source, &s) && S_ISREG(s.st_mode))
		u->size = (uint64_t)s.st_size;
	u->hash = &b->hash;
	u->dest = b->layer.dir;
	if ((r = unpack(u, &one, report, e)) < 0)
		return r;
	b->size += one.bytes_read;
	b->result.has_metadata |= one.has_metadata;
	b->result.has_rootfs |= one.has_rootfs;
	return 0;
}

static int take_file(struct arena *a, struct build *b, const struct image_import *imp, enum unpack_kind kind,
		     struct report *report, struct err *e)
{
	bool second = kind == UNPACK_ROOTFS;
	AUTO(fd) int blob = open_blob(a, b, e);
	struct unpack u = {
		.kind = kind,
		.source = second ? imp->rootfs : imp->file,
		.name = second || imp->rootfs < 0 ? imp->filename : imp->metadata_name,
		.keep = blob,
		.unlimited = imp->unlimited,
	};

	if (blob < 0)
		return blob;
	if (!u.name)
		u.name = "image";
	return unpack_from(b, &u, report, e);
}

static int take_directory(struct arena *a, struct build *b, const struct image_import *imp, struct report *report, struct err *e)
{
	AUTO(fd) int blob = open_blob(a, b, e);
	struct unpack u = {
		.kind = UNPACK_UNIFIED,
		.source = blob,
		.name = imp->filename ? imp->filename : "directory",
		.keep = -1,
		.unlimited = true, /* it is that large already */
	};
	int r = blob < 0 ? blob : pack_directory(imp->directory, blob, e);

	if (r < 0)
		return err_in(e, r, "%s", u.name);
	if (lseek(blob, 0, SEEK_SET) < 0)
		return err_sys(e, "%s", u.name);
	return unpack_from(b, &u, report, e);
}

static int take_files(struct arena *a, struct build *b, const struct image_import *imp, struct report *report, struct err *e)
{
	int r;

	if (imp->directory >= 0)
		return take_directory(a, b, imp, report, e);
	if (imp->rootfs < 0)
		return take_file(a, b, imp, UNPACK_UNIFIED, report, e);
	r = take_file(a, b, imp, UNPACK_METADATA, report, e);
	if (r >= 0 && !b->result.has_metadata)
		return err_set(e, -EINVAL, "Metadata tarball is missing metadata.yaml");
	return r < 0 ? r : take_file(a, b, imp, UNPACK_ROOTFS, report, e);
}

static int check_files(struct arena *a, struct build *b, const struct image_import *imp, struct err *e)
{
	const char *name = imp->filename ? imp->filename : "image";

	if (!b->result.has_metadata)
		return err_set(e, -EINVAL, "%s: Metadata tarball is missing metadata.yaml: it belongs at the top level, beside rootfs/", name);
	if (!b->result.has_rootfs)
		return err_set(e, -EINVAL, "%s: rootfs/ is missing: it belongs at the top level, or into a second file", name);
	return err_in(e, metadata_read(a, b->layer.dir, &b->metadata, e), "%s", name);
}

static struct image record_of(struct arena *a, const struct build *b, const struct image_import *imp)
{
	struct image image = {
		.public = imp->public,
		.expires_at = { b->metadata.expiry_date, 0 },
		.architecture = b->metadata.architecture,
		.filename = imp->filename ? imp->filename : "",
		.fingerprint = b->fingerprint,
		.size = (int64_t)b->size,
		.type = "container",
		.created_at = { b->metadata.creation_date, 0 },
		.uploaded_at = timestamp_now(),
		.files = b->files,
	};

	map_copy(a, &image.properties, &b->metadata.properties);
	map_merge(a, &image.properties, &imp->properties);
	names_add(a, &image.profiles, "default");
	names_add(a, &image.layers, b->fingerprint);
	return image;
}

static int sync_files(const struct build *b, struct err *e)
{
	for (size_t i = 0; i < b->files.n; i++) {
		AUTO(fd) int fd = openat(b->image.dir, b->files.item[i], O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || fsync(fd) < 0)
			return err_sys(e, "%s", b->files.item[i]);
	}
	return 0;
}

static int publish_layer(struct store *st, struct build *b, struct err *e)
{
	int r = layer_publish(st, &b->layer, b->fingerprint, e);

	if (r != -EEXIST)
		return r;
	if (e)
		*e = ERR_NONE; /* instances of an image that was deleted still use it: the same content */
	return 0;
}

/* With both locks: from the look whether it is there to its names. */
static int publish_locked(struct store *st, struct arena *a, struct build *b, const struct image_import *imp,
			  struct names *ret_moved, struct err *e)
{
	struct image image = record_of(a, b, imp);
	int r;

	if (at_exists(st->images, b->fingerprint) == 1)
		return err_set(e, -EEXIST, "Image with same fingerprint already exists");
	if ((r = publish_layer(st, b, e)) < 0 || (r = write_record(a, b->image.dir, &image, e)) < 0 ||
	    (r = sync_files(b, e)) < 0)
		return r;
	if (imp->aliases.n && (r = alias_write_wanted(a, b->image.dir, &imp->aliases, e)) < 0)
		return r;
	if ((r = store_publish(st, &b->image, st->images, b->fingerprint, e)) < 0)
		return r;
	if (imp->aliases.n)
		(void)alias_take_wanted(st, a, b->fingerprint, ret_moved, NULL); /* readers see them, and a later writer tries again */
	return 0;
}

static int publish(struct store *st, struct arena *a, struct build *b, const struct image_import *imp, struct names *ret_moved,
		   struct err *e)
{
	AUTO(lock) struct lock images = LOCK_NONE;
	AUTO(lock) struct lock layers = LOCK_NONE;
	int r;

	if ((r = images_lock(st, &images, e)) < 0 || (imp->aliases.n && (r = alias_finish(st, e)) < 0) ||
	    (r = layer_share(st, &layers, e)) < 0)
		return r;
	return publish_locked(st, a, b, imp, ret_moved, e);
}

static int build(struct store *st, struct arena *a, struct build *b, const struct image_import *imp, struct report *report,
		 struct err *e)
{
	int r;

	if ((r = store_new(st, &b->image, 0700, e)) < 0 || (r = store_new(st, &b->layer, 0700, e)) < 0 ||
	    (r = take_files(a, b, imp, report, e)) < 0 || (r = check_files(a, b, imp, e)) < 0)
		return r;
	hash_hex(&b->hash, b->fingerprint);
	return 0;
}

int images_import(struct store *st, struct arena *a, struct image_import *imp, char ret_fingerprint[HASH_HEX],
		  struct names *ret_moved, struct report *report, struct err *e)
{
	struct build b = { .image = STORE_NEW_NONE, .layer = STORE_NEW_NONE };
	int r = 0;

	for (size_t i = 0; i < imp->aliases.n && r >= 0; i++)
		r = name_alias(imp->aliases.item[i], e);
	hash_init(&b.hash);
	if (r >= 0 && (r = build(st, a, &b, imp, report, e)) >= 0 && (r = publish(st, a, &b, imp, ret_moved, e)) >= 0)
		memcpy(ret_fingerprint, b.fingerprint, HASH_HEX);
	store_discard(st, &b.layer);
	store_discard(st, &b.image);
	if (*b.fingerprint)
		(void)layer_sweep(st, NULL); /* layers that were published for nothing, by us or one that died; deletions do it, too */
	return r;
}
