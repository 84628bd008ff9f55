#include "runtime/rootfs/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/at.h"
#include "core/auto.h"
#include "test/unit/test.h"

static int open_store(struct store *st)
{
	char path[64];

	(void)str_fmt(path, sizeof path, "/proc/self/fd/%d/state", test_dir());
	return store_open(st, path, true, NULL);
}

static void put_record(int in, const char *name, const char *file, const char *text)
{
	AUTO(fd) int dir = at_mkdir(in, name, 0700, NULL);

	CHECK_ROW(name, dir >= 0 && !at_write_atomic(dir, file, text, strlen(text), 0600, NULL));
}

static void publish(struct store *st, const char *id)
{
	AUTO(store_new) struct store_new n = STORE_NEW_NONE;

	CHECK_ROW(id, !store_new(st, &n, 0700, NULL) && !mkdirat(n.dir, "rootfs", 0755) && !layer_publish(st, &n, id, NULL));
}

TEST(layers_that_no_record_names_are_collected)
{
	static const char *const kept[] = { "of-image", "of-instance", "of-snapshot" };
	AUTO(store) struct store st = STORE_NONE;

	if (!CHECK_INT(open_store(&st), 0))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		publish(&st, kept[i]);
	publish(&st, "of-nobody");
	put_record(st.images, "i", "image.yaml", "properties: {a: b}\nlayers:\n- of-image\n");
	put_record(st.instances, "c1", "instance.yaml", "layers: [of-instance, of-image]\n");
	AUTO(fd) int c1 = at_open(st.instances, "c1", O_RDONLY | O_DIRECTORY, 0, NULL);
	AUTO(fd) int snapshots = at_mkdir(c1, "snapshots", 0700, NULL);
	put_record(snapshots, "s", "snapshot.yaml", "layers: [of-snapshot]\n");

	CHECK_INT(layer_sweep(&st, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		CHECK_ROW_INT(kept[i], at_exists(st.layers, kept[i]), 1);
	CHECK_INT(at_exists(st.layers, "of-nobody"), 0);
}

TEST(nothing_is_collected_while_a_record_cannot_be_read)
{
	AUTO(store) struct store st = STORE_NONE;
	struct err e = ERR_NONE;

	if (!CHECK_INT(open_store(&st), 0))
		return;
	publish(&st, "x");
	put_record(st.instances, "c1", "instance.yaml", "layers: {\n");
	CHECK(layer_sweep(&st, &e) < 0);
	CHECK(strstr(e.text, "c1: instance.yaml"));
	CHECK_INT(at_exists(st.layers, "x"), 1);
}

TEST(layers_have_names_that_stay_in_their_directory)
{
	static const char *const bad[] = { "", "..", "a/b", "../x", "A", ".lock", "x.y",
					   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	AUTO(store) struct store st = STORE_NONE;

	if (!CHECK_INT(open_store(&st), 0))
		return;
	publish(&st, "0-a");
	AUTO(fd) int root = layer_open(&st, "0-a", NULL);
	CHECK(root >= 0);
	CHECK_INT(layer_open(&st, "none", NULL), -ENOENT);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_ROW_INT(bad[i], layer_open(&st, bad[i], NULL), -EINVAL);
}
