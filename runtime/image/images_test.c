#include "runtime/image/images.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/at.h"
#include "core/auto.h"
#include "runtime/rootfs/layer.h"
#include "test/unit/test.h"

static int open_store(struct store *st)
{
	char path[64];

	(void)str_fmt(path, sizeof path, "/proc/self/fd/%d/state", test_dir());
	return store_open(st, path, true, NULL);
}

static void put(int dir, const char *path, const char *text)
{
	AUTO(fd) int fd = at_open(dir, path, O_WRONLY | O_CREAT | O_TRUNC, 0644, NULL);

	CHECK_ROW(path, fd >= 0 && !fd_write(fd, text, strlen(text)));
}

/* A directory to import, whose content is WORD. */
static int make_directory(const char *word)
{
	int dir = test_dir();

	CHECK_INT(at_remove_tree(dir, "image", NULL), 0);
	int image = at_mkdir(dir, "image", 0755, NULL);
	CHECK(!mkdirat(image, "rootfs", 0755) && !mkdirat(image, "rootfs/etc", 0755) && !mkdirat(image, "templates", 0755));
	put(image, "rootfs/etc/word", word);
	CHECK(!linkat(image, "rootfs/etc/word", image, "rootfs/word", 0));
	put(image, "templates/t.tpl", "{{ container.name }}");
	put(image, "metadata.yaml", "architecture: amd64\ncreation_date: 1700000000\nproperties: {os: Test, release: 1.50}\n"
				    "templates: {/t: {when: [create], template: t.tpl}}\n");
	setenv("SOURCE_DATE_EPOCH", "1700000000", 1); /* what was written a moment ago has no time of its own */
	return image;
}

static int import(struct store *st, struct arena *a, const char *word, const char *alias, char fingerprint[HASH_HEX],
		  struct names *moved, struct err *e)
{
	AUTO(fd) int directory = make_directory(word);
	struct image_import imp = { .file = -1, .rootfs = -1, .directory = directory, .filename = "image" };

	map_set(a, &imp.properties, "os", "Mine");
	if (alias)
		names_add(a, &imp.aliases, alias);
	*moved = (struct names){ 0 };
	return images_import(st, a, &imp, fingerprint, moved, NULL, e);
}

static int count(void *ctx, const char *name, unsigned char d_type)
{
	(void)d_type;
	*(int *)ctx += *name != '.';
	return 0;
}

static int entries(int dir)
{
	int n = 0;

	CHECK_INT(at_each(dir, count, &n, NULL), 0);
	return n;
}

TEST(an_imported_image_is_found_by_its_names)
{
	AUTO(store) struct store st = STORE_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	char fp[HASH_HEX], again[HASH_HEX], part[HASH_HEX];
	struct names moved;
	struct image image, *list;
	struct err e = ERR_NONE;
	size_t n;

	if (!CHECK_INT(open_store(&st), 0) || !CHECK_INT(import(&st, &a, "one", "images/one", fp, &moved, &e), 0)) {
		CHECK_STR(e.text, "");
		return;
	}
	CHECK_INT(entries(st.trash), 0);
	CHECK_INT(entries(st.layers), 1);
	CHECK_INT(images_resolve(&st, &a, "images/one", &image, NULL), 0);
	CHECK_STR(image.fingerprint, fp);
	CHECK_STR(image.architecture, "x86_64");
	CHECK_STR(map_get(&image.properties, "os"), "Mine");
	CHECK_STR(map_get(&image.properties, "release"), "1.50");
	CHECK_INT(image.created_at.s, 1700000000);
	CHECK_INT(image.last_used_at.s, 0);
	memcpy(part, fp, HASH_HEX);
	part[1] = '\0';
	CHECK_INT(images_resolve(&st, &a, part, &image, NULL), 0);
	CHECK_INT(images_resolve(&st, &a, "no", &image, NULL), -ENOENT);
	CHECK_INT(images_used(&st, fp), 0);
	CHECK_INT(images_used(&st, fp), 0);
	CHECK_INT(images_list(&st, &a, &list, &n, NULL), 0);
	CHECK_INT(n, 1);
	CHECK(list[0].last_used_at.s > 1700000000);
	CHECK_INT(list[0].aliases->n, 1);

	AUTO(fd) int root = layer_open(&st, fp, NULL);
	struct stat one, two;
	CHECK(!fstatat(root, "word", &one, 0) && !fstatat(root, "etc/word", &two, 0) && one.st_ino == two.st_ino);
	CHECK_INT(at_exists(st.layers, fp), 1);

	CHECK_INT(import(&st, &a, "one", NULL, again, &moved, &e), -EEXIST);
	CHECK_STR(e.text, "Image with same fingerprint already exists");
	CHECK_INT(entries(st.trash), 0);
	CHECK_INT(entries(st.layers), 1);
}

TEST(an_alias_moves_to_the_newer_image)
{
	AUTO(store) struct store st = STORE_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	char one[HASH_HEX], two[HASH_HEX];
	struct names moved;
	struct image image;

	if (!CHECK_INT(open_store(&st), 0) || !CHECK_INT(import(&st, &a, "one", "x", one, &moved, NULL), 0) ||
	    !CHECK_INT(import(&st, &a, "two", "x", two, &moved, NULL), 0))
		return;
	CHECK_INT(moved.n, 1);
	CHECK(strcmp(one, two));
	CHECK_INT(images_resolve(&st, &a, "x", &image, NULL), 0);
	CHECK_STR(image.fingerprint, two);

	/* a name that looks like a fingerprint wins over it */
	char part[HASH_HEX];
	memcpy(part, one, HASH_HEX);
	part[8] = '\0';
	CHECK_INT(aliases_create(&st, part, two, NULL, NULL), 0);
	CHECK_INT(images_resolve(&st, &a, part, &image, NULL), 0);
	CHECK_STR(image.fingerprint, two);
	CHECK_INT(aliases_create(&st, "x", two, NULL, NULL), -EEXIST);
	CHECK_INT(aliases_create(&st, "y", "x", NULL, NULL), -ENOENT); /* an alias has no alias */
	CHECK_INT(aliases_rename(&st, part, "x", NULL), -EEXIST);
	CHECK_INT(aliases_rename(&st, part, "y", NULL), 0);
	CHECK_INT(aliases_delete(&st, part, NULL), -ENOENT);
	CHECK_INT(aliases_delete(&st, "y", NULL), 0);
}

TEST(what_an_import_wants_is_seen_before_it_is_written)
{
	AUTO(store) struct store st = STORE_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	char fp[HASH_HEX];
	struct names moved;
	struct image image;

	if (!CHECK_INT(open_store(&st), 0) || !CHECK_INT(import(&st, &a, "one", NULL, fp, &moved, NULL), 0))
		return;
	AUTO(fd) int dir = at_open(st.images, fp, O_RDONLY | O_DIRECTORY, 0, NULL);
	put(dir, "aliases", "- wanted\n"); /* as a crash leaves it */
	CHECK_INT(images_resolve(&st, &a, "wanted", &image, NULL), 0);
	CHECK_INT(aliases_rename(&st, "wanted", "renamed", NULL), 0);
	CHECK_INT(at_exists(dir, "aliases"), 0);
	CHECK_INT(images_resolve(&st, &a, "renamed", &image, NULL), 0);
	CHECK_INT(images_resolve(&st, &a, "wanted", &image, NULL), -ENOENT);
}

TEST(deleting_an_image_spares_a_layer_that_is_used)
{
	AUTO(store) struct store st = STORE_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	char fp[HASH_HEX];
	struct names moved;
	struct image image;

	if (!CHECK_INT(open_store(&st), 0) || !CHECK_INT(import(&st, &a, "one", "x", fp, &moved, NULL), 0))
		return;
	AUTO(fd) int instance = at_mkdir(st.instances, "c1", 0700, NULL);
	put(instance, "instance.yaml", arena_fmt(&a, "layers:\n- %s\n", fp));
	CHECK_INT(images_delete(&st, fp, NULL), 0);
	CHECK_INT(images_resolve(&st, &a, "x", &image, NULL), -ENOENT);
	CHECK_INT(images_delete(&st, fp, NULL), -ENOENT);
	CHECK_INT(entries(st.layers), 1);

	/* imported again: the layer is still that one */
	CHECK_INT(import(&st, &a, "one", "x", fp, &moved, NULL), 0);
	CHECK_INT(moved.n, 0);
	CHECK_INT(at_remove_tree(st.instances, "c1", NULL), 0);
	CHECK_INT(images_delete(&st, fp, NULL), 0);
	CHECK_INT(entries(st.layers), 0);
	CHECK_INT(entries(st.trash), 0);
}

TEST(a_failed_import_leaves_nothing)
{
	AUTO(store) struct store st = STORE_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	static const char *const drop[] = { "metadata.yaml", "rootfs" };
	char fp[HASH_HEX];
	struct names moved = { 0 };

	if (!CHECK_INT(open_store(&st), 0))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(drop); i++) {
		AUTO(fd) int directory = make_directory("one");
		struct image_import imp = { .file = -1, .rootfs = -1, .directory = directory, .filename = "image" };
		struct err e = ERR_NONE;

		CHECK_INT(at_remove_tree(directory, drop[i], NULL), 0);
		CHECK_INT(images_import(&st, &a, &imp, fp, &moved, NULL, &e), -EINVAL);
		CHECK_ROW(drop[i], strstr(e.text, drop[i]));
	}
	CHECK_INT(import(&st, &a, "one", "no:colon", fp, &moved, NULL), -EINVAL);
	CHECK_INT(entries(st.images), 0);
	CHECK_INT(entries(st.layers), 0);
	CHECK_INT(entries(st.trash), 0);
}

TEST(an_image_with_a_damaged_record_is_listed_and_can_be_deleted)
{
	static const char *const row[] = { "", "\t", "properties: 3\n", "[", "public: [a]\n" };
	AUTO(store) struct store st = STORE_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	char fp[HASH_HEX];
	struct names moved;
	struct image *list;
	size_t n;

	if (!CHECK_INT(open_store(&st), 0) || !CHECK_INT(import(&st, &a, "one", "x", fp, &moved, NULL), 0))
		return;
	AUTO(fd) int dir = at_open(st.images, fp, O_RDONLY | O_DIRECTORY, 0, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		put(dir, "image.yaml", row[i]);
		CHECK_ROW_INT(row[i], images_list(&st, &a, &list, &n, NULL), 0);
		CHECK_ROW_INT(row[i], n, 1);
		CHECK_ROW_STR(row[i], list[0].fingerprint, fp);
	}
	CHECK_INT(images_delete(&st, fp, NULL), 0);
	CHECK_INT(entries(st.images), 0);
	CHECK_INT(entries(st.layers), 0);
}

TEST(only_what_users_may_write_is_updated)
{
	AUTO(store) struct store st = STORE_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	char fp[HASH_HEX];
	struct names moved;
	struct image image;

	if (!CHECK_INT(open_store(&st), 0) || !CHECK_INT(import(&st, &a, "one", "x", fp, &moved, NULL), 0) ||
	    !CHECK_INT(images_get(&st, &a, fp, &image, NULL), 0))
		return;
	image.public = true;
	map_set(&a, &image.properties, "k", "v");
	image.architecture = "vax";
	image.layers.n = 0;
	CHECK_INT(images_update(&st, &image, NULL), 0);
	CHECK_INT(images_get(&st, &a, fp, &image, NULL), 0);
	CHECK(image.public);
	CHECK_STR(map_get(&image.properties, "k"), "v");
	CHECK_STR(image.architecture, "x86_64");
	CHECK_INT(image.layers.n, 1);
}
