#include "core/architecture.h"
#include <sys/utsname.h>
#include "core/auto.h"
#include "core/buf.h"

/* name, other names of it, what its kernel runs besides */
static const struct {
	const char *name;
	const char *aliases;
	const char *runs;
} architectures[] = {
	{ "i686", "i386 i486 i586 386 x86 generic_32", "" },
	{ "x86_64", "amd64 generic_64", "i686" },
	{ "armv7l", "armhf armhfp armv7 armv7a_hardfp armv7a_vfpv3_hardfp", "armv6l" },
	{ "aarch64", "arm64 arm64_generic", "armv8l armv7l armv6l" },
	{ "ppc", "powerpc", "" },
	{ "ppc64", "powerpc64", "ppc" },
	{ "ppc64le", "ppc64el", "" },
	{ "s390x", "", "" },
	{ "mips", "mipsel", "" },
	{ "mips64", "mips64el", "mips" },
	{ "riscv32", "", "" },
	{ "riscv64", "", "" },
	{ "armv6l", "armel arm", "" },
	{ "armv8l", "", "armv7l armv6l" },
	{ "loongarch64", "loong64", "" },
};

const char *architecture_name(const char *name_or_alias)
{
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (str_eq(architectures[i].name, name_or_alias) || str_has_word(architectures[i].aliases, name_or_alias))
			return architectures[i].name;
	return NULL;
}

bool architecture_is(const char *name, const char *spelling)
{
	char lower[32];
	size_t n = strlen(spelling);

	if (!name || n >= sizeof lower)
		return false;
	for (size_t i = 0; i <= n; i++)
		lower[i] = spelling[i] >= 'A' && spelling[i] <= 'Z' ? (char)(spelling[i] + 32) : spelling[i];
	const char *known = architecture_name(lower);
	return known && str_eq(known, name);
}

const char *architecture_host(void)
{
	struct utsname u;
	const char *name = uname(&u) < 0 ? NULL : architecture_name(u.machine);

	return name ? name : "unknown";
}

bool architecture_runs(const char *arch)
{
	const char *host = architecture_host();

	if (str_eq(host, arch))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (str_eq(architectures[i].name, host))
			return str_has_word(architectures[i].runs, arch);
	return false;
}
