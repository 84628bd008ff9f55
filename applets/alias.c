#include "applets/alias.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "applets/client.h"
#include "applets/out.h"
#include "applets/pairs.h"
#include "core/parse.h"

/* ---- expanding */

static struct names split(struct arena *a, const char *s)
{
	struct names words = { 0 };

	for (;;) {
		size_t n = strcspn(s, " ");

		names_add(a, &words, arena_dupn(a, s, n));
		if (!s[n])
			return words;
		s += n + 1;
	}
}

/* How many words from FROM on are those of KEY; 0: not called. */
static size_t called_by(struct arena *a, const char *key, const struct names *words, size_t from)
{
	struct names k = split(a, key);

	for (size_t i = 0; i < k.n; i++)
		if (from + i >= words->n || !str_eq(k.item[i], words->item[from + i]))
			return 0;
	return k.n;
}

/* One word of the target: each @ARGn@ in it is that argument, which is then used. */
static int put_arguments(struct call *c, const char *alias, const char *word, const struct names *args, bool *used, struct names *to)
{
	AUTO(buf) struct buf b = BUF_NONE;
	const char *at, *end;

	while ((at = strstr(word, "@ARG")) && (end = strchr(at + 4, '@'))) {
		uint32_t n;

		if (parse_u32(arena_dupn(c->arena, at + 4, (size_t)(end - at - 4)), 0, UINT32_MAX, &n) < 0) {
			buf_add(&b, word, (size_t)(at + 1 - word));
			word = at + 1;
			continue;
		}
		if (!n || n > args->n)
			return err_set(c->err, -EINVAL, "Found alias \"%s\" references an argument outside the given number", alias);
		used[n - 1] = true;
		buf_add(&b, word, (size_t)(at - word));
		buf_addstr(&b, args->item[n - 1]);
		word = end + 1;
	}
	buf_addstr(&b, word);
	names_add(c->arena, to, arena_dup(c->arena, b.s));
	return 0;
}

static void put_rest(struct arena *a, const struct names *args, const bool *used, struct names *to)
{
	for (size_t i = 0; i < args->n; i++)
		if (!used[i])
			names_add(a, to, args->item[i]);
}

static int substitute(struct call *c, const struct pair *alias, const struct names *args, struct names *to)
{
	struct names target = split(c->arena, alias->value), filled = { 0 };
	bool *used = arena_alloc(c->arena, args->n + 1), all = false;
	int r;

	for (size_t i = 0; i < target.n; i++)
		if ((r = put_arguments(c, alias->key, target.item[i], args, used, &filled)) < 0)
			return r;
	for (size_t i = 0; i < target.n; i++) {
		if (str_eq(target.item[i], "@ARGS@")) {
			put_rest(c->arena, args, used, to);
			all = true;
		} else {
			names_add(c->arena, to, filled.item[i]);
		}
	}
	if (!all)
		put_rest(c->arena, args, used, to);
	return 0;
}

static int become(struct call *c, struct names *argv)
{
	const char *program = argv->item[0];

	argv->item = arena_grow(c->arena, argv->item, argv->n, sizeof *argv->item);
	argv->item[argv->n] = NULL;
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (setenv("LXC_ALIASES", "1", 1) >= 0)
		execv(program, (char *const *)argv->item);
	return err_sys(c->err, "Processing aliases failed: %s", program);
}

int alias_expand(struct call *c, struct names *words)
{
	const char *off = getenv("LXC_ALIASES");
	const struct pair *alias = NULL;
	const struct client *client;
	struct names args = { 0 }, to = { 0 };
	size_t from = 0, n = 0;
	int r;

	while (from < words->n && words->item[from][0] == '-')
		from++;
	if (from == words->n || (off && str_eq(off, "1")))
		return 0;
	client = client_get(c);
	for (size_t i = 0; i < client->aliases.n; i++) {
		size_t k = called_by(c->arena, client->aliases.item[i].key, words, from);

		if (k > n) {
			n = k;
			alias = &client->aliases.item[i];
		}
	}
	if (!alias)
		return 0;
	for (size_t i = 0; *alias->value != '/' && i < from; i++)
		names_add(c->arena, &to, words->item[i]);
	for (size_t i = from + n; i < words->n; i++)
		names_add(c->arena, &args, words->item[i]);
	if ((r = substitute(c, alias, &args, &to)) < 0)
		return r;
	*words = to;
	return *alias->value == '/' ? become(c, words) : 0;
}

/* ---- the command */

struct alias_opts {
	const char *format;
};

static const struct opt list_opts[] = {
	OPT_FORMAT(struct alias_opts),
	OPT_END,
};

static int list_run(struct call *c)
{
	static const char *const header[] = { "ALIAS", "TARGET" };
	const struct alias_opts *o = c->opts;
	const struct client *client = client_get(c);
	enum format format;
	struct table t;
	int r = format_parse(o->format, &format, c->err);

	if (r < 0 || (r = client_check(c)) < 0)
		return r;
	if (format_is_document(format)) {
		out_document(pairs_document(c->arena, &client->aliases), format, c->out);
		return 0;
	}
	table_open(&t, c->arena, header, ARRAY_SIZE(header));
	for (size_t i = 0; i < client->aliases.n; i++) {
		const char **cell = table_row(&t);

		cell[0] = client->aliases.item[i].key;
		cell[1] = client->aliases.item[i].value;
	}
	table_sort(&t);
	table_write(&t, format, c->out);
	return 0;
}

/* Takes FROM away (NULL: nothing), and adds TO (NULL: nothing) with TARGET, or FROM's. */
static int change(struct call *c, const char *from, const char *to, const char *target)
{
	struct client client;
	AUTO(fd) int fd = client_open(c, &client);
	struct map *aliases = &client.aliases;

	if (fd < 0)
		return fd;
	if (from && !(target = map_get(aliases, from)))
		return err_set(c->err, -ENOENT, "Alias %s doesn't exist", from);
	if (to && map_get(aliases, to))
		return err_set(c->err, -EEXIST, "Alias %s already exists", to);
	if (to)
		map_set(c->arena, aliases, to, target);
	if (from)
		map_unset(aliases, from);
	return client_save(c, fd, &client);
}

static int add_run(struct call *c)
{
	return change(c, NULL, c->args[0], c->args[1]);
}

static int remove_run(struct call *c)
{
	return change(c, c->args[0], NULL, NULL);
}

static int rename_run(struct call *c)
{
	return change(c, c->args[0], c->args[1], NULL);
}

static const struct applet alias_applets[] = {
	{ .name = "add", .usage = "<alias> <target>", .summary = "Add new aliases",
	  .examples = "lxc alias add ls \"list -c ns46\"\n    `lxc ls` shows these columns.\n\n"
		      "lxc alias add login \"exec @ARGS@ -- su -l\"\n    @ARGS@ is what follows the alias, @ARG1@ its first word, ...\n",
	  .min = 2, .max = 2, .run = add_run },
	{ .name = "list", .names = "ls", .usage = "", .summary = "List aliases", .opts = list_opts, .opts_size = sizeof(struct alias_opts),
	  .run = list_run },
	{ .name = "remove", .names = "rm", .usage = "<alias>", .summary = "Remove aliases", .min = 1, .max = 1, .run = remove_run },
	{ .name = "rename", .names = "mv", .usage = "<old alias> <new alias>", .summary = "Rename aliases", .min = 2, .max = 2,
	  .run = rename_run },
	{ 0 },
};

const struct applet applet_alias = {
	.name = "alias",
	.summary = "Manage command aliases",
	.sub = alias_applets,
};
