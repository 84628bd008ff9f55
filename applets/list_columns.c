#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "applets/list.h"
#include "core/auto.h"
#include "core/parse.h"

/* What a letter stands for. `measured`: LXD fetches the state for it, so that `-f json` shows one. */
static const struct {
	char letter;
	uint8_t parts;
	bool measured;
	char header[15];
} known[] = {
	{ '4', PART_STATUS, true, "IPV4" },
	{ '6', PART_STATUS, true, "IPV6" },
	{ 'a', PART_RECORD, false, "ARCHITECTURE" },
	{ 'b', PART_RECORD, false, "STORAGE POOL" },
	{ 'c', PART_RECORD, false, "CREATED AT" },
	{ 'd', PART_RECORD, false, "DESCRIPTION" },
	{ 'D', PART_STATE, true, "DISK USAGE" },
	{ 'e', 0, false, "PROJECT" },
	{ 'f', PART_RECORD | PART_EXPANDED, false, "BASE IMAGE" },
	{ 'F', PART_RECORD | PART_EXPANDED, false, "BASE IMAGE" },
	{ 'l', PART_STATUS, false, "LAST USED AT" },
	{ 'm', PART_STATE, true, "MEMORY USAGE" },
	{ 'M', PART_STATE | PART_RECORD | PART_EXPANDED, true, "MEMORY USAGE%" },
	{ 'n', 0, false, "NAME" },
	{ 'N', PART_STATE, true, "PROCESSES" },
	{ 'p', PART_STATE, true, "PID" },
	{ 'P', PART_RECORD, false, "PROFILES" },
	{ 's', PART_STATUS, false, "STATE" },
	{ 'S', PART_RECORD, true, "SNAPSHOTS" },
	{ 't', PART_RECORD, false, "TYPE" },
	{ 'u', PART_STATE, true, "CPU USAGE" },
};

/* ---- parsing */

static void add(struct arena *a, struct columns *to, struct column col)
{
	to->item = arena_grow(a, to->item, to->n, sizeof *to->item);
	to->item[to->n++] = col;
}

static int parse_letters(struct arena *a, const char *entry, struct columns *to, struct err *e)
{
	for (const char *s = entry; *s; s++) {
		size_t i = 0;

		if (*s == 'L')
			return err_set(e, -EINVAL, "Can't specify column L when not clustered");
		while (i < ARRAY_SIZE(known) && known[i].letter != *s)
			i++;
		if (i == ARRAY_SIZE(known))
			return err_set(e, -EINVAL, "Unknown column shorthand char '%c' in '%s'", *s, entry);
		add(a, to, (struct column){ .letter = *s, .header = known[i].header, .width = -1 });
		to->parts |= known[i].parts;
		to->state |= known[i].measured;
	}
	return 0;
}

/* Namespaces that a config key can have; the engine knows the keys, a column needs only to be one. */
static bool is_config_key(const char *key)
{
	static const char space[][13] = { "boot.", "cloud-init.", "cluster.", "environment.", "image.", "limits.", "linux.", "migration.", "nvidia.",
					  "raw.", "security.", "snapshots.", "ubuntu_pro.", "user.", "volatile." };
	const char *rest;

	for (size_t i = 0; i < ARRAY_SIZE(space); i++)
		if ((rest = str_after(key, space[i])) && *rest)
			return true;
	return false;
}

static int split_key(struct arena *a, const char *entry, const char *field, struct column *col, struct err *e)
{
	const char *device = str_after(field, "devices:"), *config = str_after(field, "config:"), *dot;

	col->key = config ? config : field;
	if (device && (dot = strchr(device, '.')) && dot > device && dot[1]) {
		col->device = arena_dupn(a, device, (size_t)(dot - device));
		col->key = dot + 1;
		return 0;
	}
	if (device || !is_config_key(col->key))
		return err_set(e, -EINVAL, "Invalid config key '%s' in '%s'", device ? field : col->key, entry);
	return 0;
}

/* KEY[:HEADER[:WIDTH]], KEY maybe with "config:" or "devices:" in front */
static int parse_key(struct arena *a, const char *entry, struct columns *to, struct err *e)
{
	const char *prefix = str_after(entry, "devices:") ? "devices:" : str_after(entry, "config:") ? "config:" : "";
	char *field = arena_dup(a, entry), *header = strchr(field + strlen(prefix), ':'), *width = NULL;
	struct column col = { .width = -1 };
	int64_t w;
	int r;

	if (header)
		*header++ = '\0';
	if (header && (width = strchr(header, ':')))
		*width++ = '\0';
	if (width && strchr(width, ':'))
		return err_set(e, -EINVAL, "Invalid config key column format (too many fields): '%s'", entry);
	if ((r = split_key(a, entry, field, &col, e)) < 0)
		return r;
	col.header = header && (*header || width) ? header : *prefix ? field + strlen(prefix) : col.key;
	if (header && !*header && !width)
		return err_set(e, -EINVAL, "Invalid name in '%s', empty string is only allowed when defining maxWidth", entry);
	if (width) {
		if ((r = parse_i64(width, -1, 1 << 20, &w)) < 0)
			return err_set(e, -EINVAL, "Invalid max width (must %s) '%s' in '%s'",
				       r == -ERANGE ? "-1, 0 or a positive integer" : "be an integer", width, entry);
		col.width = w ? (int)w : (int)strlen(col.header);
	}
	add(a, to, col);
	to->parts |= PART_RECORD | PART_EXPANDED;
	return 0;
}

int columns_parse(struct arena *a, const char *spec, struct columns *ret, struct err *e)
{
	struct columns to = { 0 };

	for (const char *s = spec;; s++) {
		size_t n = strcspn(s, ",");
		const char *entry = arena_dupn(a, s, n);
		int r;

		if (!n)
			return err_set(e, -EINVAL, "Empty column entry (redundant, leading or trailing command) in '%s'", spec);
		r = strchr(entry, '.') ? parse_key(a, entry, &to, e) : parse_letters(a, entry, &to, e);
		if (r < 0)
			return r;
		s += n;
		if (!*s)
			break;
	}
	*ret = to;
	return 0;
}

/* ---- cells */

static bool is_active(const struct instance_entry *i)
{
	return i->record.status_code == STATUS_RUNNING || i->record.status_code == STATUS_FROZEN;
}

static const char *size_cell(struct arena *a, int64_t bytes)
{
	AUTO(buf) struct buf b = BUF_NONE;

	if (bytes < 0)
		return "";
	out_size_binary(&b, (uint64_t)bytes);
	return arena_dup(a, b.s);
}

static const char *capitals(struct arena *a, const char *s)
{
	char *t = arena_dup(a, s ? s : "");

	for (char *p = t; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return t;
}

static const char *memory_percent(struct arena *a, const struct instance_entry *i)
{
	const char *limit = map_get(&i->record.expanded_config, "limits.memory");
	uint64_t most, tenths;

	if (i->state.memory_usage < 0 || !limit || parse_size(limit, &most) < 0 || !most)
		return "";
	tenths = ((uint64_t)i->state.memory_usage / 1024 * 1000 + most / 2048) / (most / 1024 ? most / 1024 : 1);
	return arena_fmt(a, "%u.%u%%", (unsigned)(tenths / 10), (unsigned)(tenths % 10));
}

static const char *lines(struct arena *a, const struct names *names)
{
	AUTO(buf) struct buf b = BUF_NONE;

	for (size_t i = 0; i < names->n; i++)
		buf_addf(&b, i ? "\n%s" : "%s", names->item[i]);
	return arena_dup(a, b.s);
}

static const char *text(const char *s)
{
	return s ? s : "";
}

static const char *pool(const struct instance *i)
{
	const struct device *root = devices_get(&i->expanded_devices, "root");
	const char *name = root ? map_get(&root->options, "pool") : NULL;

	return name ? name : "default";
}

static const char *letter_cell(struct arena *a, char letter, const struct instance_entry *i)
{
	const struct instance *r = &i->record;
	const char *image = text(map_get(&r->expanded_config, "volatile.base_image"));

	switch (letter) {
	case 'a':
		return text(r->architecture);
	case 'b':
		return pool(r);
	case 'c':
		return out_date(a, r->created_at);
	case 'd':
		return text(r->description);
	case 'e':
		return "default";
	case 'f':
		return arena_dupn(a, image, strnlen(image, 12));
	case 'F':
		return image;
	case 'l':
		return out_date(a, r->last_used_at);
	case 'n':
		return r->name;
	case 'P':
		return lines(a, &r->profiles);
	case 's':
		return capitals(a, r->status);
	case 'S':
		return out_number(a, i->snapshots);
	case 't':
		return r->ephemeral ? "CONTAINER (EPHEMERAL)" : "CONTAINER";
	}
	if (!is_active(i))
		return "";
	switch (letter) {
	case 'D':
		return size_cell(a, i->state.disk_root);
	case 'm':
		return size_cell(a, i->state.memory_usage);
	case 'M':
		return memory_percent(a, i);
	case 'N':
		return i->state.processes < 0 ? "" : out_number(a, i->state.processes);
	case 'p':
		return i->state.pid <= 0 ? "" : out_number(a, i->state.pid);
	case 'u':
		return i->state.cpu_ns < 0 ? "" : arena_fmt(a, "%llds", (long long)(i->state.cpu_ns / 1000000000));
	}
	return ""; /* addresses: links are not known to this server yet */
}

const char *column_cell(struct arena *a, const struct column *col, const struct instance_entry *i)
{
	const struct device *d = col->device ? devices_get(&i->record.expanded_devices, col->device) : NULL;
	const char *s;

	if (col->letter)
		return letter_cell(a, col->letter, i);
	s = text(!col->device ? map_get(&i->record.expanded_config, col->key) : d ? map_get(&d->options, col->key) : NULL);
	return col->width < 0 ? s : arena_dupn(a, s, strnlen(s, (size_t)col->width));
}

/* ---- documents */

static int64_t known_or_0(int64_t v)
{
	return v < 0 ? 0 : v;
}

static struct doc *state_document(struct arena *a, const struct instance_entry *i)
{
	const struct instance_state *s = &i->state;
	struct doc *d = doc_map(a), *memory = doc_map(a), *cpu = doc_map(a), *disk = doc_null(a);
	bool active = is_active(i);

	if (active && s->disk_root >= 0) {
		struct doc *root = doc_map(a);

		doc_put(a, root, "usage", doc_int(a, s->disk_root));
		disk = doc_map(a);
		doc_put(a, disk, "root", root);
	}
	doc_put(a, memory, "usage", doc_int(a, active ? known_or_0(s->memory_usage) : 0));
	doc_put(a, memory, "usage_peak", doc_int(a, active ? known_or_0(s->memory_peak) : 0));
	doc_put(a, memory, "swap_usage", doc_int(a, active ? known_or_0(s->swap_usage) : 0));
	doc_put(a, memory, "swap_usage_peak", doc_int(a, active ? known_or_0(s->swap_peak) : 0));
	doc_put(a, cpu, "usage", doc_int(a, active ? known_or_0(s->cpu_ns) : 0));
	doc_put(a, d, "status", doc_str(a, i->record.status));
	doc_put(a, d, "status_code", doc_int(a, i->record.status_code));
	doc_put(a, d, "disk", disk);
	doc_put(a, d, "memory", memory);
	doc_put(a, d, "network", doc_null(a));
	doc_put(a, d, "pid", doc_int(a, active ? s->pid : 0));
	doc_put(a, d, "processes", doc_int(a, active ? known_or_0(s->processes) : 0));
	doc_put(a, d, "cpu", cpu);
	return d;
}

struct doc *list_document(struct arena *a, const struct instance_entry *i, bool state, enum format f)
{
	struct doc *d = record_write(a, instance_fields, ON_WIRE, &i->record);

	doc_put(a, d, "backups", f == FORMAT_YAML ? doc_list(a) : doc_null(a)); /* as Go writes a slice that is not there */
	doc_put(a, d, "state", state ? state_document(a, i) : doc_null(a));
	doc_put(a, d, "snapshots", f == FORMAT_YAML ? doc_list(a) : doc_null(a));
	return d;
}
