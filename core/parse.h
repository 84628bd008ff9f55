/* parse - numbers, sizes, durations, truth: the whole string or an error
 *
 * Pure leaves: they return 0, -EINVAL (not of that form) or -ERANGE (of the form, but out of bounds) and write *ret only on
 * success; the caller names what was parsed. No blanks, no signs where none are meant, no trailing bytes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int parse_u32(const char *s, uint32_t min, uint32_t max, uint32_t *ret); /* decimal */
int parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret); /* decimal */
int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret);	 /* decimal, one sign allowed */
int parse_octal(const char *s, uint32_t max, uint32_t *ret);		 /* mode bits; leading zeros fine */

/* As Go's ParseInt(s, 0, 64), which LXD's flags use: decimal, 0x.., 0o.., 0b.., leading 0 octal, sign, 1_000. */
int parse_go_int(const char *s, int64_t *ret);

/* LXD: in any case true false yes no 1 0 on off. */
int parse_bool(const char *s, bool *ret);

/* LXD's sizes: digits, then nothing, "B", " bytes", kB MB GB TB PB EB (1000), KiB .. EiB (1024). Bytes. */
int parse_size(const char *s, uint64_t *ret);

/* "90", "90s", "5m", "1h", "2d": seconds. */
int parse_duration(const char *s, uint64_t *ret);

/* LXD's expiry: blank-separated N + one of S M H d w m y, each unit at most once, calendar arithmetic for d w m y.
 * FROM and *ret are seconds since 1970 (UTC). Empty: *ret = 0. */
int parse_expiry(const char *s, int64_t from, int64_t *ret);

/* RFC 3339 ("2026-01-02T03:04:05.123456789Z", with an offset too): seconds and nanoseconds since 1970. The zero time of Go
 * (year 1) is 0, 0. */
int parse_time(const char *s, int64_t *ret_s, uint32_t *ret_ns);

/* A set of processors as "0-3,7" (a range may not run backwards, no processor twice: -EINVAL). Bits beyond NBITS:
 * -ERANGE. BITS has (nbits + 63) / 64 words and is overwritten. */
int parse_cpuset(const char *s, uint64_t *bits, unsigned nbits);

/* The inverse for output: "0-3,7"; into TO of SIZE bytes, -ENAMETOOLONG if it does not fit. */
int format_cpuset(const uint64_t *bits, unsigned nbits, char *to, size_t size);

/* RFC 3339 with nanoseconds as Go prints them (trailing zeros cut); needs 40 bytes. Seconds 0 and ns 0: Go's zero time,
 * 0001-01-01T00:00:00Z. */
void format_time(int64_t s, uint32_t ns, char to[40]);
