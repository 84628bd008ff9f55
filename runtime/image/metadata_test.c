#include "runtime/image/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/auto.h"
#include "core/buf.h"
#include "test/unit/test.h"

static int parse(struct arena *a, const char *text, struct metadata *m, struct err *e)
{
	return metadata_parse(a, "metadata.yaml", text, strlen(text), m, e);
}

TEST(metadata_is_yaml_or_json)
{
	static const char *const row[] = {
		"architecture: amd64\ncreation_date: 1700000000\nexpiry_date: 1800000000\nproperties: {os: Debian, release: 1.50, x: , y: true}\n"
		"templates:\n  /etc/hostname:\n    when: [create, copy, nonsense]\n    template: hostname.tpl\n    create_only: true\n"
		"    properties: {default: \"x\"}\nunknown: [1]\n",
		"{\n\t\"architecture\": \"amd64\",\n\t\"creation_date\": 1700000000,\n\t\"expiry_date\": 1800000000.9,\n"
		"\t\"properties\": {\"os\": \"Debian\", \"release\": \"1.50\", \"x\": null, \"y\": true},\n"
		"\t\"templates\": {\"/etc/hostname\": {\"when\": [\"create\", \"copy\"], \"template\": \"hostname.tpl\",\n"
		"\t\"create_only\": true, \"properties\": {\"default\": \"x\"}}}}\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(arena) struct arena a = ARENA_NONE;
		struct err e = ERR_NONE;
		struct metadata m;

		if (!CHECK_INT(parse(&a, row[i], &m, &e), 0)) {
			CHECK_STR(e.text, "");
			continue;
		}
		CHECK_STR(m.architecture, "x86_64");
		CHECK_INT(m.creation_date, 1700000000);
		CHECK_INT(m.expiry_date, 1800000000);
		CHECK_STR(map_get(&m.properties, "release"), "1.50");
		CHECK_STR(map_get(&m.properties, "x"), "");
		CHECK_STR(map_get(&m.properties, "y"), "true");
		if (!CHECK_INT(m.n_templates, 1))
			continue;
		CHECK_STR(m.templates[0].path, "/etc/hostname");
		CHECK_STR(m.templates[0].template, "hostname.tpl");
		CHECK(m.templates[0].create_only);
		CHECK_INT(m.templates[0].when.n, 2);
		CHECK_STR(map_get(&m.templates[0].properties, "default"), "x");
	}
}

TEST(metadata_that_is_wrong_says_why)
{
	static const struct {
		const char *text, *why;
	} row[] = {
		{ "", "empty" },
		{ "[]", "not a mapping" },
		{ "architecture: x86_64\n", "Missing creation date" },
		{ "architecture: x86_64\ncreation_date: 0\n", "Missing creation date" },
		{ "creation_date: 1\n", "architecture: missing" },
		{ "architecture:\ncreation_date: 1\n", "architecture: missing" },
		{ "architecture: [a]\ncreation_date: 1\n", "architecture: not a string" },
		{ "architecture: vax\ncreation_date: 1\n", "Architecture isn't supported: vax" },
		{ "architecture: amd64\narchitecture: amd64\ncreation_date: 1\n", "architecture" },
		{ "{\"architecture\": \"amd64\", \"architecture\": \"amd64\", \"creation_date\": 1}", "architecture" },
		{ "architecture: amd64\ncreation_date: \"1\"\n", "creation_date: not a number" },
		{ "architecture: amd64\ncreation_date: 2020-01-01\n", "creation_date: not a number" },
		{ "architecture: amd64\ncreation_date: 1\nproperties: []\n", "properties: not a mapping" },
		{ "architecture: amd64\ncreation_date: 1\nproperties: {a: [b]}\n", "a: not a string" },
		{ "architecture: amd64\ncreation_date: 1\ntemplates: x\n", "templates: not a mapping" },
		{ "architecture: amd64\ncreation_date: 1\ntemplates: {/a: x}\n", "/a: not a mapping" },
		{ "architecture: amd64\ncreation_date: 1\ntemplates: {/a: {when: [start]}}\n", "template: missing" },
		{ "architecture: amd64\ncreation_date: 1\ntemplates: {/a: {template: ../x}}\n", "/a" },
		{ "architecture: amd64\ncreation_date: 1\ntemplates: {/a: {template: a/b}}\n", "/a" },
		{ "architecture: amd64\ncreation_date: 1\ntemplates: {/a: {template: ..}}\n", "/a" },
		{ "architecture: amd64\ncreation_date: 1\ntemplates: {/a: {template: t, when: start}}\n", "when: not a list" },
		{ "architecture: amd64\ncreation_date: 1\ntemplates: {/a: {template: t, create_only: 3}}\n", "create_only" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(arena) struct arena a = ARENA_NONE;
		struct err e = ERR_NONE;
		struct metadata m;

		CHECK_ROW(row[i].text, parse(&a, row[i].text, &m, &e) < 0);
		if (!CHECK_ROW(row[i].text, strstr(e.text, row[i].why)))
			CHECK_STR(e.text, row[i].why);
	}
}

TEST(metadata_file_must_be_small_and_regular)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct metadata m;
	int dir = test_dir();

	CHECK_INT(metadata_read(&a, dir, &m, NULL), -ENOENT);
	CHECK(!symlinkat("/etc/hostname", dir, "metadata.yaml"));
	CHECK(metadata_read(&a, dir, &m, NULL) < 0);
	CHECK(!unlinkat(dir, "metadata.yaml", 0) && !mkfifoat(dir, "metadata.yaml", 0600));
	CHECK(metadata_read(&a, dir, &m, NULL) < 0);
	CHECK(!unlinkat(dir, "metadata.yaml", 0));
	AUTO(fd) int fd = openat(dir, "metadata.yaml", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(!ftruncate(fd, 1 << 30));
	CHECK_INT(metadata_read(&a, dir, &m, NULL), -EFBIG);
}

TEST(templates_must_be_there_when_they_are_used)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct metadata m;
	int dir = test_dir();

	CHECK_INT(parse(&a, "architecture: amd64\ncreation_date: 1\ntemplates: {/a: {template: t}}\n", &m, NULL), 0);
	CHECK_INT(metadata_check_templates(&m, dir, NULL), -ENOENT);
	CHECK(!symlinkat("/etc", dir, "templates"));
	CHECK_INT(metadata_check_templates(&m, dir, NULL), -ENOTDIR);
	CHECK(!unlinkat(dir, "templates", 0) && !mkdirat(dir, "templates", 0755));
	CHECK_INT(metadata_check_templates(&m, dir, NULL), -ENOENT);
	CHECK(!symlinkat("/etc/hostname", dir, "templates/t"));
	CHECK_INT(metadata_check_templates(&m, dir, NULL), -EINVAL);
	CHECK(!unlinkat(dir, "templates/t", 0));
	AUTO(fd) int fd = openat(dir, "templates/t", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK_INT(metadata_check_templates(&m, dir, NULL), 0);
}
