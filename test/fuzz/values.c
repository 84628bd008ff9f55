/* Every parser of a value and every validator of a name, on the input as a string. */
#include <stdint.h>
#include <stdlib.h>
#include "core/arena.h"
#include "core/buf.h"
#include "core/map.h"
#include "core/name.h"
#include "core/parse.h"
#include "core/yaml_plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void numbers(const char *s)
{
	uint32_t u32;
	uint64_t u64, size;
	int64_t i64;
	bool b;

	if (!parse_u32(s, 5, 500, &u32) && (u32 < 5 || u32 > 500))
		abort();
	if (!parse_u32(s, 0, UINT32_MAX, &u32) && (parse_u64(s, 0, UINT64_MAX, &u64) || u64 != u32))
		abort();
	if (!parse_u64(s, 0, INT64_MAX, &u64) && (parse_size(s, &size) || size != u64))
		abort();
	if (!parse_i64(s, -5, 5, &i64) && (i64 < -5 || i64 > 5))
		abort();
	if (!parse_octal(s, 07777, &u32) && u32 > 07777)
		abort();
	(void)parse_go_int(s, &i64);
	(void)parse_bool(s, &b);
	(void)parse_size(s, &u64);
	(void)parse_duration(s, &u64);
	(void)yaml_plain_kind(s, &i64);
	(void)yaml_plain_is_string(s, false);
}

static void times(const char *s)
{
	int64_t t, again;
	uint32_t ns, ns_again;
	char text[40];

	(void)parse_expiry(s, 1767323045, &t);
	if (parse_time(s, &t, &ns))
		return;
	format_time(t, ns, text);
	if (t >= -62135596800 && t <= 253402300799 && (parse_time(text, &again, &ns_again) || again != t || ns_again != ns))
		abort();
}

static void cpus(const char *s)
{
	uint64_t bits[4], again[4];
	char text[2048];

	if (parse_cpuset(s, bits, 200))
		return;
	if (format_cpuset(bits, 200, text, sizeof text) || parse_cpuset(text, again, 200))
		abort();
	for (int i = 0; i < 4; i++)
		if (bits[i] != again[i])
			abort();
}

static void names(const char *s)
{
	struct err e;

	if (!name_instance(s, &e) && (name_snapshot(s, &e) || name_profile(s, &e) || name_device(s, &e)))
		abort(); /* the strictest of them */
	(void)name_alias(s, &e);
	(void)name_template(s, &e);
	(void)name_environ(s, &e);
	if (name_is_fingerprint(s) && !name_is_fingerprint_part(s))
		abort();
	(void)value_is_one_line(s);
	if (name_order(s, s))
		abort();
}

/* Nothing that a terminal obeys comes out, and escaping that again changes nothing. */
static void escapes(const char *s, size_t n)
{
	struct buf b = BUF_NONE, again = BUF_NONE;

	buf_add_escaped(&b, s, n);
	for (size_t i = 0; i < b.len; i++)
		if ((unsigned char)b.s[i] < 0x20 || b.s[i] == 0x7f)
			abort();
	buf_add_escaped(&again, b.s, b.len);
	if (strcmp(b.s, again.s))
		abort();
	buf_free(&b);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_NONE;
	const char *s = arena_dupn(&a, (const char *)data, size), *middle = s + strlen(s) / 2;

	numbers(s);
	times(s);
	cpus(s);
	names(s);
	escapes((const char *)data, size);
	if ((name_order(s, middle) < 0) != (name_order(middle, s) > 0))
		abort();
	arena_free(&a);
	return 0;
}
