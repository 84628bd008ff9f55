/* info - an instance, or the server */
#include <errno.h>
#include <string.h>
#include "applets/out.h"
#include "applets/target.h"

struct info_opts {
	bool resources, show_log;
	const char *target;
};

static const struct opt info_opts[] = {
	OPT(BOOL, 0, "resources", struct info_opts, resources, NULL, NULL),
	OPT(BOOL, 0, "show-log", struct info_opts, show_log, NULL, "Show the instance's last log lines"),
	OPT(STRING, 0, "target", struct info_opts, target, NULL, NULL),
	OPT_END,
};

static void line(struct call *c, const char *key, const char *value)
{
	buf_addf(c->out, "%s: ", key);
	buf_add_escaped(c->out, value, strlen(value));
	buf_addch(c->out, '\n');
}

static void size_line(struct call *c, const char *key, int64_t bytes)
{
	buf_addf(c->out, "    %s: ", key);
	out_size_binary(c->out, (uint64_t)bytes);
	buf_addch(c->out, '\n');
}

static void memory(struct call *c, const struct instance_state *s)
{
	if (s->memory_usage < 0)
		return;
	buf_addstr(c->out, "  Memory usage:\n");
	size_line(c, "Memory (current)", s->memory_usage);
	if (s->memory_peak > 0)
		size_line(c, "Memory (peak)", s->memory_peak);
	if (s->swap_usage > 0)
		size_line(c, "Swap (current)", s->swap_usage);
	if (s->swap_peak > 0)
		size_line(c, "Swap (peak)", s->swap_peak);
}

static void resources(struct call *c, const struct instance_state *s)
{
	buf_addstr(c->out, "\nResources:\n");
	if (s->processes >= 0)
		buf_addf(c->out, "  Processes: %lld\n", (long long)s->processes);
	if (s->disk_root >= 0) {
		buf_addstr(c->out, "  Disk usage:\n");
		size_line(c, "root", s->disk_root);
	}
	if (s->cpu_ns >= 0)
		buf_addf(c->out, "  CPU usage:\n    CPU usage (in seconds): %lld\n", (long long)(s->cpu_ns / 1000000000));
	memory(c, s);
	if (s->oom_kills > 0)
		buf_addf(c->out, "  Killed for lack of memory: %lld\n", (long long)s->oom_kills);
}

static void instance(struct call *c, const struct instance_entry *i)
{
	const struct instance *r = &i->record;
	bool active = r->status_code == STATUS_RUNNING || r->status_code == STATUS_FROZEN;
	char status[16] = "";

	for (size_t n = 0; r->status && r->status[n] && n + 1 < sizeof status; n++)
		status[n] = (char)(r->status[n] >= 'a' ? r->status[n] - 'a' + 'A' : r->status[n]);
	line(c, "Name", r->name);
	if (r->description && *r->description)
		line(c, "Description", r->description);
	line(c, "Status", status);
	line(c, "Type", r->ephemeral ? "container (ephemeral)" : "container");
	line(c, "Architecture", r->architecture);
	if (active && i->state.pid > 0)
		line(c, "PID", out_number(c->arena, i->state.pid));
	if (r->created_at.s)
		line(c, "Created", out_date_local(c->arena, r->created_at));
	if (r->last_used_at.s)
		line(c, "Last Used", out_date_local(c->arena, r->last_used_at));
	if (active)
		resources(c, &i->state);
}

static int show_log(struct call *c, const struct target *t)
{
	AUTO(buf) struct buf text = BUF_NONE;
	int r = t->server->instances->log(t->server, t->name, &text, c->err);

	if (r < 0)
		return r;
	buf_addstr(c->out, "\nLog:\n\n");
	for (const char *s = text.s; *s;) {
		size_t n = strcspn(s, "\n");

		buf_add_escaped(c->out, s, n);
		buf_addch(c->out, '\n');
		s += n + (s[n] == '\n');
	}
	buf_addch(c->out, '\n');
	return 0;
}

static int show_instance(struct call *c, const struct info_opts *o, const char *word)
{
	struct instance_list list;
	struct target t;
	int r = target_instance(c, word, &t);

	if (r < 0 || (r = t.server->instances->list(t.server, c->arena, PART_ALL, t.name, &list, c->err)) < 0)
		return r;
	if (list.n != 1)
		return err_set(c->err, -ENOENT, "Instance not found");
	if (list.item[0].broken)
		return err_set(c->err, -EIO, "%s", list.item[0].broken);
	instance(c, &list.item[0]);
	return o->show_log ? show_log(c, &t) : 0;
}

static int show_server(struct call *c, const struct info_opts *o, const struct target *t)
{
	struct doc *doc;
	int r;

	if (o->resources)
		return err_set(c->err, -EOPNOTSUPP, "--resources is not supported by this version of lxcbox");
	if ((r = t->server->instances->info(t->server, c->arena, &doc, c->err)) >= 0)
		out_document(doc, FORMAT_YAML, c->out);
	return r;
}

static int info_run(struct call *c)
{
	struct target t;
	int r = target_parse(c, c->n_args ? c->args[0] : "", &t);

	if (r < 0 || (r = target_no_member(c, &t, ((const struct info_opts *)c->opts)->target)) < 0)
		return r;
	return *t.name ? show_instance(c, c->opts, c->args[0]) : show_server(c, c->opts, &t);
}

const struct applet applet_info = {
	.name = "info",
	.usage = "[<remote>:][<instance>]",
	.summary = "Show instance or server information",
	.examples = "lxc info c1 [--show-log]\n    For instance information.\n\nlxc info\n    For server information.\n",
	.opts = info_opts,
	.opts_size = sizeof(struct info_opts),
	.max = 1,
	.complete = COMPLETE_INSTANCES,
	.run = info_run,
};
