#include "runtime/instance/protections.h"
#include "core/auto.h"

/* Each answers why it is off, or NULL. */

static const char *user_namespace(const struct plan *p)
{
	return p->privileged ? "security.privileged=true: root inside is root here, kept by capabilities, devices and the filter" : NULL;
}

static const char *own_ids(const struct plan *p)
{
	return p->privileged ? "security.privileged=true" : NULL;
}

static const char *call_filter(const struct plan *p)
{
	return p->seccomp_default ? NULL : "security.syscalls.deny_default=false: only pushing into terminals is denied";
}

static const char *hidden_paths(const struct plan *p)
{
	return p->nesting ? "security.nesting=true: a second, whole /proc and /sys lie in /dev/.lxc" : NULL;
}

static const char *lsm(const struct plan *p)
{
	return *p->lsm_profile ? NULL : "this kernel runs without AppArmor";
}

static const char *own_root(const struct plan *p)
{
	return p->covers_root && p->privileged ? "this host's / is its first mount (an initramfs): whoever is privileged inside can get below its own" :
						 NULL;
}

static const char *memory_limit(const struct plan *p)
{
	return p->memory < 0 ? "limits.memory is not set: it may use all of this host's" : NULL;
}

static const char *process_limit(const struct plan *p)
{
	return p->processes < 0 ? "limits.processes is not set" : NULL;
}

static const struct {
	char what[20];
	const char *(*why)(const struct plan *p);
} rows[] = {
	{ "user namespace", user_namespace }, { "ids of its own", own_ids },	{ "call filter", call_filter },
	{ "hidden paths", hidden_paths },     { "own root", own_root },		{ "AppArmor", lsm },
	{ "memory limit", memory_limit },     { "process limit", process_limit },
};

void protections_off(const struct plan *p, struct buf *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *why = rows[i].why(p);

		if (why)
			buf_addf(to, "%-8s %-14s %s\n", "off", rows[i].what, why);
	}
}
