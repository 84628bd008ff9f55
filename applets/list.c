/* list - the instances of a server: by columns, filtered */
#include "applets/list.h"

#include <errno.h>
#include <string.h>
#include "applets/target.h"

struct list_opts {
	const char *columns, *format;
	bool fast, all_projects;
};

#define DEFAULT_COLUMNS "ns46tS"
#define FAST_COLUMNS	"nsacPt"

static const struct opt list_opts[] = {
	OPT(BOOL, 0, "all-projects", struct list_opts, all_projects, NULL, "Display instances from all projects"),
	OPT(STRING, 'c', "columns", struct list_opts, columns, DEFAULT_COLUMNS, "Columns"),
	OPT(BOOL, 0, "fast", struct list_opts, fast, NULL, "Fast mode (same as --columns=" FAST_COLUMNS ")"),
	OPT_FORMAT(struct list_opts),
	OPT_END,
};

static int choose_columns(struct call *c, const struct list_opts *o, struct columns *ret)
{
	const char *spec = o->fast ? FAST_COLUMNS : o->columns;

	if (o->fast && !str_eq(o->columns, DEFAULT_COLUMNS))
		return err_set(c->err, -EINVAL, "Can't specify --fast with --columns");
	if (str_eq(spec, DEFAULT_COLUMNS "L")) /* what LXD's help calls its default */
		spec = DEFAULT_COLUMNS;
	if (o->all_projects && str_eq(o->columns, DEFAULT_COLUMNS) && !o->fast)
		spec = arena_fmt(c->arena, "e%s", spec);
	return columns_parse(c->arena, spec, ret, c->err);
}

static void write_documents(struct call *c, const struct instance_entry *const *item, size_t n, bool state, enum format format)
{
	struct doc *all = doc_list(c->arena);

	for (size_t i = 0; i < n; i++)
		doc_add(c->arena, all, list_document(c->arena, item[i], state, format));
	out_document(all, format, c->out);
}

static void write_table(struct call *c, const struct instance_entry *const *item, size_t n, const struct columns *columns, enum format format)
{
	const char **header = arena_alloc(c->arena, columns->n * sizeof *header + 1);
	struct table t;

	for (size_t j = 0; j < columns->n; j++)
		header[j] = columns->item[j].header;
	table_open(&t, c->arena, header, columns->n);
	for (size_t i = 0; i < n; i++) {
		const char **cell = table_row(&t);

		for (size_t j = 0; j < columns->n; j++)
			cell[j] = column_cell(c->arena, &columns->item[j], item[i]);
	}
	table_sort(&t);
	table_write(&t, format, c->out);
}

/* `list c1 c2` asks for one that is both, and that is rarely meant. */
static void hint_names(struct call *c, const struct names *filters, const struct instance_list *list)
{
	for (size_t i = 0; i < filters->n; i++) {
		size_t j = 0;

		while (j < list->n && !str_eq(list->item[j].record.name, filters->item[i]))
			j++;
		if (j == list->n)
			return;
	}
	call_say(c, "Filters have to match all at once; several names: %s list '%s|...'", c->program, filters->item[0]);
}

static int list_run(struct call *c)
{
	const struct list_opts *o = c->opts;
	const struct instance_entry **item;
	struct instance_list list;
	struct columns columns;
	struct names filters = { 0 };
	struct target server;
	enum format format;
	size_t n = 0;
	unsigned parts;
	int r;

	if ((r = format_parse(o->format, &format, c->err)) < 0 || (r = choose_columns(c, o, &columns)) < 0 ||
	    (r = target_filters(c, &server, &filters)) < 0)
		return r;
	parts = columns.parts | filters_need(&filters);
	if (format_is_document(format))
		parts |= PART_RECORD | PART_EXPANDED | PART_STATUS | (columns.state ? PART_STATE : 0U);
	if ((r = server.server->instances->list(server.server, c->arena, parts, NULL, &list, c->err)) < 0)
		return r;
	item = arena_alloc(c->arena, list.n * sizeof *item + 1);
	for (size_t i = 0; i < list.n; i++)
		if (filters_match(c->arena, &filters, &list.item[i]))
			item[n++] = &list.item[i];
	if (!n && filters.n > 1)
		hint_names(c, &filters, &list);
	if (format_is_document(format))
		write_documents(c, item, n, columns.state, format);
	else
		write_table(c, item, n, &columns, format);
	return 0;
}

const struct applet applet_list = {
	.name = "list",
	.names = "ls",
	.usage = "[<remote>:] [<filter>...]",
	.summary = "List instances",
	.text = "Default column layout: " DEFAULT_COLUMNS "\n"
		"Fast column layout: " FAST_COLUMNS "\n"
		"\n"
		"A filter is a regular expression on the name or the beginning of one, or key=value:\n"
		"type, status, architecture, location, ipv4, ipv6, a field of the record (name=c1) or a\n"
		"config key whose parts may be abbreviated (u.blah=abc). All of them must match.\n"
		"\n"
		"-c takes letters (commas between them are optional) and config keys as\n"
		"KEY[:HEADER[:WIDTH]], config:KEY, devices:DEVICE.KEY:\n"
		"  4 - IPv4 address            6 - IPv6 address\n"
		"  a - Architecture            b - Storage pool\n"
		"  c - Creation date           d - Description\n"
		"  D - Disk usage              e - Project name\n"
		"  f - Base image, short       F - Base image\n"
		"  l - Last used date          m - Memory usage\n"
		"  M - Memory usage (%)        n - Name\n"
		"  N - Number of processes     p - PID of the instance's init process\n"
		"  P - Profiles                s - State\n"
		"  S - Number of snapshots     t - Type (persistent or ephemeral)\n"
		"  u - CPU usage (in seconds)\n",
	.examples = "lxc list -c nFs46,user.owner:OWNER\n"
		    "\n"
		    "lxc list -f csv -c n status=running\n",
	.opts = list_opts,
	.opts_size = sizeof(struct list_opts),
	.max = ANY,
	.complete = COMPLETE_INSTANCES,
	.run = list_run,
};
