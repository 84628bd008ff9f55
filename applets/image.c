/* image - the images that instances are made from */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "applets/image_list.h"
#include "applets/out.h"
#include "applets/pairs.h"
#include "applets/target.h"
#include "applets/yaml_edit.h"

static int resolve(struct call *c, const char *word, struct target *t, struct image *ret)
{
	int r = target_named(c, word, "image", t);

	*ret = (struct image){ 0 };
	return r < 0 ? r : t->server->images->resolve(t->server, c->arena, t->name, ret, c->err);
}

/* ---- list */

struct list_opts {
	const char *columns, *format;
};

static const struct opt list_opts[] = {
	OPT(STRING, 'c', "columns", struct list_opts, columns, "lfpdatsu", "Columns"),
	OPT_FORMAT(struct list_opts),
	OPT_END,
};

static int list_run(struct call *c)
{
	const struct list_opts *o = c->opts;
	struct names filters = { 0 };
	struct image *image = NULL;
	enum format format;
	struct target t;
	size_t n = 0;
	int r = format_parse(o->format, &format, c->err);

	if (r < 0 || (r = image_columns_check(o->columns, c->err)) < 0 ||
	    (r = target_filters(c, &t, &filters)) < 0 ||
	    (r = t.server->images->list(t.server, c->arena, &image, &n, c->err)) < 0)
		return r;
	n = image_filter(c->arena, image, n, &filters);
	if (format_is_document(format))
		image_documents(c->arena, image, n, format, c->out);
	else
		image_table(c->arena, image, n, o->columns, format, c->out);
	return 0;
}

/* ---- info, show */

static int info_run(struct call *c)
{
	struct image image;
	struct target t;
	int r = resolve(c, c->args[0], &t, &image);

	if (r >= 0)
		image_info(c->arena, &image, c->out);
	return r;
}

static int show_run(struct call *c)
{
	struct image image;
	struct target t;
	int r = resolve(c, c->args[0], &t, &image);

	if (r >= 0)
		doc_write_yaml(image_document(c->arena, &image, ON_SHOW), c->out);
	return r;
}

/* ---- import */

struct import_opts {
	struct names alias;
	bool public, unlimited;
};

static const struct opt import_opts[] = {
	OPT(LIST, 0, "alias", struct import_opts, alias, NULL, "New aliases to add to the image"),
	OPT(BOOL, 0, "public", struct import_opts, public, NULL, "Make image public"),
	OPT(BOOL, 0, "unlimited", struct import_opts, unlimited, NULL, "No limit to what it may unpack to"),
	OPT_END,
};

struct import_words {
	const char *remote, *file, *rootfs;
	struct map properties;
};

/* FILE [ROOTFS] [REMOTE:] [K=V...] in any order; what exists is a file */
static int sort_words(struct call *c, struct import_words *w)
{
	for (size_t i = 0; i < c->n_args; i++) {
		const char *word = c->args[i], *equals = strchr(word, '=');
		size_t n = strlen(word);

		if (equals && access(word, F_OK) < 0)
			map_set(c->arena, &w->properties, arena_dupn(c->arena, word, (size_t)(equals - word)), equals + 1);
		else if (n && word[n - 1] == ':')
			w->remote = word;
		else if (!w->file)
			w->file = word;
		else if (!w->rootfs)
			w->rootfs = word;
		else
			return err_set(c->err, -EINVAL, "Too many files: %s", word);
	}
	if (!w->file)
		return err_set(c->err, -EINVAL, "The name of an image's file is missing");
	if (str_after(w->file, "http://"))
		return err_set(c->err, -EINVAL, "Only https:// is supported for remote image import");
	if (str_after(w->file, "https://"))
		return err_set(c->err, -EOPNOTSUPP, "%s: remote image import is not supported by this version of lxcbox", w->file);
	return 0;
}

static int open_file(struct call *c, const char *name, bool *ret_is_directory)
{
	struct stat st;
	AUTO(fd) int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(c->err, "%s", name);
	*ret_is_directory = S_ISDIR(st.st_mode);
	return take_fd(&fd);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static int import_run(struct call *c)
{
	const struct import_opts *o = c->opts;
	struct import_words w = { 0 };
	struct target t;
	char fingerprint[HASH_HEX];
	bool directory = false, unused;
	int r = sort_words(c, &w);

	if (r < 0 || (r = target_server(c, w.remote, &t)) < 0)
		return r;
	AUTO(fd) int file = open_file(c, w.file, &directory);
	if (file < 0)
		return file;
	AUTO(fd) int rootfs = w.rootfs ? open_file(c, w.rootfs, &unused) : -1;
	if (w.rootfs && rootfs < 0)
		return rootfs;
	struct image_import_files f = {
		.file = directory ? -1 : file,
		.directory = directory ? file : -1,
		.rootfs = rootfs,
		.file_name = last_part(w.file),
		.rootfs_name = w.rootfs ? last_part(w.rootfs) : NULL,
		.properties = w.properties,
		.aliases = o->alias,
		.public = o->public,
		.unlimited = o->unlimited,
	};
	if ((r = t.server->images->import(t.server, c->arena, &f, fingerprint, c->report, c->err)) < 0)
		return r;
	buf_addf(c->out, "Image imported with fingerprint: %s\n", fingerprint);
	return 0;
}

/* ---- delete */

static int delete_run(struct call *c)
{
	const char *fingerprint;
	struct target t;
	int r = 0;

	for (size_t i = 0; i < c->n_args && r >= 0; i++)
		if ((r = target_named(c, c->args[i], "image", &t)) >= 0 &&
		    (r = t.server->images->find(t.server, c->arena, t.name, &fingerprint, c->err)) >= 0)
			r = t.server->images->remove(t.server, fingerprint, c->err);
	return r;
}

/* ---- edit, properties */

struct edited {
	struct target target;
	struct image image;
};

static int apply_edit(struct call *c, void *ctx, const struct doc *to)
{
	const struct edited *ed = ctx;
	struct image image = { 0 }, written = ed->image;
	int r = record_read(c->arena, image_fields, ON_SHOW, ed->target.name, to, &image, NULL, c->err);

	written.auto_update = image.auto_update;
	written.properties = image.properties;
	written.public = image.public;
	if (doc_get(to, "expires_at"))
		written.expires_at = image.expires_at;
	if (doc_get(to, "profiles"))
		written.profiles = image.profiles;
	return r < 0 ? r : ed->target.server->images->update(ed->target.server, &written, c->err);
}

static int edit_run(struct call *c)
{
	struct edited ed;
	int r = resolve(c, c->args[0], &ed.target, &ed.image);

	if (r < 0)
		return r;
	return yaml_edit(c, &(struct yaml_edit){
		ed.target.name,
		"This is a YAML representation of the image properties.\n"
		"Any line starting with a '# will be ignored.\n"
		"\n"
		"Each property is represented by a single line:\n"
		"An example would be:\n"
		" description: My custom image\n",
		image_document(c->arena, &ed.image, ON_SHOW), apply_edit, &ed });
}

static int get_property_run(struct call *c)
{
	struct image image;
	struct target t;
	const char *value;
	int r = resolve(c, c->args[0], &t, &image);

	if (r < 0)
		return r;
	if (!(value = map_get(&image.properties, c->args[1])))
		return err_set(c->err, -ENOENT, "Property not found");
	buf_addf(c->out, "%s\n", value);
	return 0;
}

static int set_property_run(struct call *c)
{
	struct image image;
	struct target t;
	int r = resolve(c, c->args[0], &t, &image);

	if (r < 0)
		return r;
	map_set(c->arena, &image.properties, c->args[1], c->args[2]);
	return t.server->images->update(t.server, &image, c->err);
}

static int unset_property_run(struct call *c)
{
	struct image image;
	struct target t;
	int r = resolve(c, c->args[0], &t, &image);

	if (r < 0)
		return r;
	if (!map_unset(&image.properties, c->args[1]))
		return 0;
	return t.server->images->update(t.server, &image, c->err);
}

/* ---- aliases */

struct alias_opts {
	const char *format;
};

static const struct opt alias_opts[] = {
	OPT_FORMAT(struct alias_opts),
	OPT_END,
};

static bool alias_is_shown(const struct names *filters, const struct image_alias_entry *a)
{
	for (size_t i = 0; i < filters->n; i++)
		if (!strstr(a->name, filters->item[i]) && !str_after(a->target, filters->item[i]))
			return false;
	return true;
}

static int alias_list_run(struct call *c)
{
	const struct alias_opts *o = c->opts;
	struct image_alias_entry *alias = NULL;
	struct names filters = { 0 };
	size_t n = 0, kept = 0;
	enum format format;
	struct target t;
	int r = format_parse(o->format, &format, c->err);

	if (r < 0 || (r = target_filters(c, &t, &filters)) < 0 ||
	    (r = t.server->images->alias_list(t.server, c->arena, &alias, &n, c->err)) < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (alias_is_shown(&filters, &alias[i]))
			alias[kept++] = alias[i];
	image_alias_table(c->arena, alias, kept, format, c->out);
	return 0;
}

static int alias_create_run(struct call *c)
{
	struct image image;
	struct target t;
	int r = target_named(c, c->args[0], "alias", &t);

	if (r < 0 || (r = t.server->images->resolve(t.server, c->arena, c->args[1], &image, c->err)) < 0)
		return r;
	return t.server->images->alias_create(t.server, t.name, image.fingerprint, "", c->err);
}

static int alias_delete_run(struct call *c)
{
	struct target t;
	int r = target_named(c, c->args[0], "alias", &t);

	return r < 0 ? r : t.server->images->alias_delete(t.server, t.name, c->err);
}

static int alias_rename_run(struct call *c)
{
	struct target t;
	int r = target_named(c, c->args[0], "alias", &t);

	return r < 0 ? r : t.server->images->alias_rename(t.server, t.name, c->args[1], c->err);
}

#define I    "[<remote>:]<image>"
#define IMG  .complete = COMPLETE_IMAGES

static const struct applet alias_applets[] = {
	{ .name = "create", .usage = "[<remote>:]<alias> <fingerprint>", .summary = "Create aliases for existing images", .min = 2, .max = 2,
	  .run = alias_create_run },
	{ .name = "delete", .names = "rm", .usage = "[<remote>:]<alias>", .summary = "Delete image aliases", .min = 1, .max = 1, IMG,
	  .run = alias_delete_run },
	{ .name = "list", .names = "ls", .usage = "[<remote>:] [<filters>...]", .summary = "List image aliases", .opts = alias_opts,
	  .opts_size = sizeof(struct alias_opts), .max = ANY, .run = alias_list_run },
	{ .name = "rename", .names = "mv", .usage = "[<remote>:]<alias> <new-name>", .summary = "Rename aliases", .min = 2, .max = 2, IMG,
	  .run = alias_rename_run },
	{ 0 },
};

static const struct applet image_applets[] = {
	{ .name = "alias", .summary = "Manage image aliases", .sub = alias_applets },
	{ .name = "copy", .names = "cp" },
	{ .name = "delete", .names = "rm", .usage = I " [[<remote>:]<image>...]", .summary = "Delete images", .min = 1, .max = ANY, IMG,
	  .run = delete_run },
	{ .name = "edit", .usage = I, .summary = "Edit image properties",
	  .examples = "lxc image edit <image>\n    Launch a text editor to edit the properties\n\n"
		      "lxc image edit <image> < image.yaml\n    Load the image properties from a YAML file\n",
	  .min = 1, .max = 1, IMG, .run = edit_run },
	{ .name = "export" },
	{ .name = "get-property", .usage = I " <key>", .summary = "Get image properties", .min = 2, .max = 2, IMG, .run = get_property_run },
	{ .name = "import", .usage = "<tarball>|<directory> [<rootfs tarball>] [<remote>:] [key=value...]",
	  .summary = "Import images into the image store",
	  .text = "A tarball (tar, also compressed) holds metadata.yaml and rootfs/, or metadata only with the\n"
		  "root filesystem as second file (tarball or squashfs).\n",
	  .opts = import_opts, .opts_size = sizeof(struct import_opts), .min = 1, .max = ANY, .run = import_run },
	{ .name = "info", .usage = I, .summary = "Show useful information about images", .min = 1, .max = 1, IMG, .run = info_run },
	{ .name = "list", .names = "ls", .usage = "[<remote>:] [<filter>...]", .summary = "List images",
	  .text = "Filters may be of the <key>=<value> form for property based filtering,\n"
		  "or part of the image hash or part of the image alias name.\n"
		  "\n"
		  "Column shorthand chars:\n"
		  "  l - Shortest image alias (and optionally number of other aliases)\n"
		  "  L - Newline-separated list of all image aliases\n"
		  "  f - Fingerprint (short)     F - Fingerprint (long)\n"
		  "  p - Whether image is public d - Description\n"
		  "  a - Architecture            t - Type\n"
		  "  s - Size                    u - Upload date\n",
	  .opts = list_opts, .opts_size = sizeof(struct list_opts), .max = ANY, IMG, .run = list_run },
	{ .name = "refresh" },
	{ .name = "set-property", .usage = I " <key> <value>", .summary = "Set image properties", .min = 3, .max = 3, IMG, .run = set_property_run },
	{ .name = "show", .usage = I, .summary = "Show image properties", .min = 1, .max = 1, IMG, .run = show_run },
	{ .name = "unset-property", .usage = I " <key>", .summary = "Unset image properties", .min = 2, .max = 2, IMG, .run = unset_property_run },
	{ 0 },
};

const struct applet applet_image = {
	.name = "image",
	.summary = "Manage images",
	.sub = image_applets,
};
