/* The plan as bytes: it crosses the exec of the monitor in a memfd. A row each, so that a member cannot be forgotten in one
 * direction only. */
#include <errno.h>
#include <string.h>
#include "core/auto.h"
#include "runtime/instance/plan.h"

static const struct field plan_fields[] = {
	FIELD(struct plan, name, ON_DISK),
	FIELD(struct plan, cgroup, ON_DISK),
	FIELD(struct plan, hostname, ON_DISK),
	FIELD(struct plan, architecture, ON_DISK),
	FIELD(struct plan, layers, ON_DISK),
	FIELD(struct plan, privileged, ON_DISK),
	FIELD(struct plan, nesting, ON_DISK),
	FIELD(struct plan, idmap_base, ON_DISK),
	FIELD(struct plan, idmap_size, ON_DISK),
	FIELD(struct plan, capabilities_dropped, ON_DISK),
	FIELD(struct plan, seccomp_deny, ON_DISK),
	FIELD(struct plan, seccomp_default, ON_DISK),
	FIELD(struct plan, seccomp_compat, ON_DISK),
	FIELD(struct plan, lsm_profile, ON_DISK),
	FIELD(struct plan, shifted, ON_DISK),
	FIELD(struct plan, covers_root, ON_DISK),
	FIELD(struct plan, host_clone, ON_DISK),
	FIELD(struct plan, volatile_root, ON_DISK),
	FIELD(struct plan, own_init, ON_DISK),
	FIELD(struct plan, old_systemd, ON_DISK),
	FIELD(struct plan, init, ON_DISK),
	FIELD(struct plan, environ, ON_DISK),
	FIELD(struct plan, sysctls, ON_DISK),
	FIELD(struct plan, rlimits, ON_DISK),
	FIELD(struct plan, memory, ON_DISK),
	FIELD(struct plan, memory_soft, ON_DISK),
	FIELD(struct plan, swap, ON_DISK),
	FIELD(struct plan, swappiness, ON_DISK),
	FIELD(struct plan, processes, ON_DISK),
	FIELD(struct plan, cpu_percent, ON_DISK),
	FIELD(struct plan, cpu_priority, ON_DISK),
	FIELD(struct plan, cpu_quota_us, ON_DISK),
	FIELD(struct plan, cpu_period_us, ON_DISK),
	FIELD(struct plan, cpus, ON_DISK),
	FIELD(struct plan, cpu_count, ON_DISK),
	FIELD(struct plan, ephemeral, ON_DISK),
	FIELD(struct plan, autorestart, ON_DISK),
	FIELD(struct plan, log_size, ON_DISK),
	FIELD(struct plan, adopt_pid, ON_DISK),
	FIELD(struct plan, adopt_start, ON_DISK),
	FIELD(struct plan, fd_instance, ON_DISK),
	FIELD(struct plan, fd_state, ON_DISK),
	FIELD(struct plan, fd_result, ON_DISK),
	FIELD(struct plan, fd_seccomp, ON_DISK),
	FIELD(struct plan, fd_store, ON_DISK),
	FIELD(struct plan, fd_owner, ON_DISK),
	FIELD(struct plan, fd_layers, ON_DISK),
	FIELD(struct plan, born_pid, ON_DISK),
	FIELD(struct plan, fd_pidfd, ON_DISK),
	FIELD(struct plan, fd_channel, ON_DISK),
	FIELD(struct plan, fd_overlay, ON_DISK),
	FIELD_END,
};

static void pack_string(struct buf *to, const char *s)
{
	buf_addstr(to, s ? s : "");
	buf_addch(to, 0);
}

static void pack_count(struct buf *to, size_t n)
{
	uint32_t count = (uint32_t)n;

	buf_add(to, &count, sizeof count);
}

static void pack_names(struct buf *to, const struct names *l)
{
	pack_count(to, l->n);
	for (size_t i = 0; i < l->n; i++)
		pack_string(to, l->item[i]);
}

static void pack_map(struct buf *to, const struct map *m)
{
	pack_count(to, m->n);
	for (size_t i = 0; i < m->n; i++) {
		pack_string(to, m->item[i].key);
		pack_string(to, m->item[i].value);
	}
}

void plan_pack(const struct plan *p, struct buf *to)
{
	for (const struct field *f = plan_fields; *f->name; f++) {
		const void *member = (const char *)p + f->offset;

		switch ((enum field_type)f->type) {
		case FIELD_STRING:
			pack_string(to, *(const char *const *)member);
			break;
		case FIELD_BOOL:
			buf_addch(to, *(const bool *)member);
			break;
		case FIELD_INT:
			buf_add(to, member, sizeof(int64_t));
			break;
		case FIELD_NAMES:
			pack_names(to, member);
			break;
		case FIELD_MAP:
			pack_map(to, member);
			break;
		case FIELD_TIME:
		case FIELD_DEVICES:
		case FIELD_DOC:
			break; /* no row has one */
		}
	}
}

/* What is left to read. The bytes are our own, but a torn memfd must not become a wild pointer. */
struct rest {
	const char *p, *end;
	bool bad;
};

static const char *rest_string(struct rest *r)
{
	const char *s = r->p, *nul = r->bad ? NULL : memchr(r->p, 0, (size_t)(r->end - r->p));

	if (!nul) {
		r->bad = true;
		return "";
	}
	r->p = nul + 1;
	return s;
}

static void rest_bytes(struct rest *r, void *to, size_t n)
{
	if (r->bad || (size_t)(r->end - r->p) < n) {
		r->bad = true;
		memset(to, 0, n);
		return;
	}
	memcpy(to, r->p, n);
	r->p += n;
}

static void rest_names(struct arena *a, struct rest *r, struct names *to)
{
	uint32_t n;

	rest_bytes(r, &n, sizeof n);
	for (uint32_t i = 0; i < n && !r->bad; i++)
		names_add(a, to, rest_string(r));
}

static void rest_map(struct arena *a, struct rest *r, struct map *to)
{
	uint32_t n;

	rest_bytes(r, &n, sizeof n);
	for (uint32_t i = 0; i < n && !r->bad; i++) {
		const char *key = rest_string(r);

		map_set(a, to, key, rest_string(r));
	}
}

int plan_unpack(struct arena *a, const void *data, size_t n, struct plan *ret, struct err *e)
{
	struct rest r = { data, (const char *)data + n, false };

	*ret = (struct plan){ 0 };
	for (const struct field *f = plan_fields; *f->name; f++) {
		void *member = (char *)ret + f->offset;

		switch ((enum field_type)f->type) {
		case FIELD_STRING:
			*(const char **)member = arena_dup(a, rest_string(&r));
			break;
		case FIELD_BOOL:
			rest_bytes(&r, member, sizeof(bool));
			break;
		case FIELD_INT:
			rest_bytes(&r, member, sizeof(int64_t));
			break;
		case FIELD_NAMES:
			rest_names(a, &r, member);
			break;
		case FIELD_MAP:
			rest_map(a, &r, member);
			break;
		case FIELD_TIME:
		case FIELD_DEVICES:
		case FIELD_DOC:
			break;
		}
	}
	return r.bad || r.p != r.end ? err_set(e, -EINVAL, "plan: torn") : 0;
}
