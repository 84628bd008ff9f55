#include "applets/applet.h"
#include "core/auto.h"
#include "test/unit/test.h"

static const char *found(struct arena *a, const char *line)
{
	struct names words = { 0 };
	struct found f;
	AUTO(buf) struct buf b = BUF_NONE;

	for (const char *s = line; *s;) {
		size_t n = strcspn(s, " ");

		names_add(a, &words, arena_dupn(a, s, n));
		s += n + (s[n] == ' ');
	}
	applet_find(a, NULL, "lxc", words.item, words.n, &f);
	buf_addf(&b, "%s:", f.path);
	for (size_t i = 0; i < f.words.n; i++)
		buf_addf(&b, " %s", f.words.item[i]);
	return arena_dup(a, b.s);
}

TEST(a_command_is_found_as_cobra_does)
{
	static const struct { const char *line, *want; } row[] = {
		{ "", "lxc:" },
		{ "list", "lxc list:" },
		{ "ls c1", "lxc list: c1" },
		{ "-c n list", "lxc list: -c n" },
		{ "-q list", "lxc list: -q" },
		{ "--project x list", "lxc list: --project x" },
		{ "--project=x list", "lxc list: --project=x" },
		{ "-c list", "lxc: -c list" }, /* the last word is the flag's */
		{ "-- list", "lxc: -- list" },
		{ "config get c1 k", "lxc config get: c1 k" },
		{ "config -e get c1", "lxc config: -e get c1" },
		{ "config --debug get c1 k", "lxc config get: --debug c1 k" },
		{ "image alias ls", "lxc image alias list:" },
		{ "image bogus", "lxc image: bogus" },
		{ "profile apply c1 p", "lxc profile assign: c1 p" },
		{ "create x", "lxc init: x" },
		{ "list list", "lxc list: list" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(arena) struct arena a = ARENA_NONE;

		CHECK_ROW_STR(row[i].line, found(&a, row[i].line), row[i].want);
	}
}

static void check_row(struct arena *a, const struct applet *p)
{
	const struct opt_set set = { p->opts, arena_alloc(a, p->opts_size + 1U) };
	const struct applet *child;

	CHECK_ROW(p->name, applet_is_absent(p) || (p->summary && (p->sub || p->usage)));
	CHECK_ROW(p->name, !p->sub || !p->run);
	CHECK_ROW(p->name, !p->opts == !p->opts_size);
	for (const struct opt *o = p->opts; o && o->name[0]; o++) {
		void *to;

		CHECK_ROW(o->name, o->offset < p->opts_size);
		CHECK_ROW(o->name, o->type != OPT_OPTIONAL || o->def);
		CHECK_ROW(o->name, !opts_named(&(struct opt_set){ global_opts, NULL }, 1, o->name, strlen(o->name), &to));
		CHECK_ROW(o->name, opts_named(&set, 1, o->name, strlen(o->name), &to) == o);
		CHECK_ROW(o->name, !o->letter || opts_letter(&set, 1, o->letter, &to) == o);
	}
	for (size_t i = 0; (child = p->sub ? applet_at(p, i) : NULL); i++) {
		CHECK_ROW(child->name, applet_named(p, child->name) == child);
		check_row(a, child);
	}
}

TEST(every_row_of_the_table_is_whole)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	const struct applet *p;

	for (size_t i = 0; (p = applet_at(NULL, i)); i++) {
		CHECK_ROW(p->name, applet_named(NULL, p->name) == p);
		check_row(&a, p);
	}
}

TEST(near_misses_are_suggested)
{
	static const struct { const char *typed, *want; } row[] = {
		{ "lst", "\nDid you mean this?\n\tlist\n\n" },
		{ "LIST", "\nDid you mean this?\n\tlist\n\n" },
		{ "sto", "\nDid you mean this?\n\tstop\n\tstorage\n\n" },
		{ "bogusbogus", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(buf) struct buf b = BUF_NONE;

		help_suggest(row[i].typed, &b);
		CHECK_ROW_STR(row[i].typed, b.s, row[i].want);
	}
}

TEST(help_has_cobras_layout)
{
	AUTO(buf) struct buf b = BUF_NONE;
	const struct help h = { "lxc", "lxc image alias list", false, false };

	help_write(&h, applet_named(applet_named(applet_named(NULL, "image"), "alias"), "list"), &b);
	CHECK(str_after(b.s, "Description:\n"
			     "  List image aliases\n"
			     "\n"
			     "Usage:\n"
			     "  lxc image alias list [<remote>:] [<filters>...] [flags]\n"
			     "\n"
			     "Aliases:\n"
			     "  list, ls\n"
			     "\n"
			     "Flags:\n"
			     "  -f, --format   Format (csv|json|table|yaml|compact) (default \"table\")\n"
			     "\n"
			     "Global Flags:\n"
			     "      --debug          Show all debug messages\n"));
}
