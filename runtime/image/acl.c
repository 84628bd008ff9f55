#include "runtime/image/acl.h"

#include <stdint.h>
#include <string.h>

#include "core/auto.h"
#include "core/parse.h"

/* linux/posix_acl_xattr.h, which the kernel exports, but with types that need its own headers */
enum { VERSION = 2, HEAD_SIZE = 4, ENTRY_SIZE = 8, ENTRIES_MOST = 1024 };
enum tag { USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 16, OTHER = 32 };

struct entry {
	enum tag tag;
	unsigned perm;
	uint32_t id;
};

static bool is_raw(const char *s, size_t n)
{
	static const char version[HEAD_SIZE] = { VERSION, 0, 0, 0 };

	return n >= HEAD_SIZE && !memcmp(s, version, HEAD_SIZE) && !((n - HEAD_SIZE) % ENTRY_SIZE);
}

static void put_le(struct buf *to, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buf_addch(to, (char)(v >> 8 * i));
}

static bool parse_tag(const char *word, bool named, enum tag *ret)
{
	static const struct {
		const char *name, *letter;
		enum tag tag, named;
	} row[] = {
		{ "user", "u", USER_OBJ, USER },
		{ "group", "g", GROUP_OBJ, GROUP },
		{ "mask", "m", MASK, 0 },
		{ "other", "o", OTHER, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		if (!str_eq(word, row[i].name) && !str_eq(word, row[i].letter))
			continue;
		*ret = named ? row[i].named : row[i].tag;
		return *ret;
	}
	return false;
}

static bool parse_perm(const char *s, unsigned *ret)
{
	*ret = 0;
	for (; *s; s++) {
		unsigned bit = *s == 'r' ? 4 : *s == 'w' ? 2 : *s == 'x' ? 1 : 0;

		if (!bit && *s != '-')
			return false;
		*ret |= bit;
	}
	return true;
}

/* "user:joe:r-x:1001", "user:1001:r-x", "mask::r-x", "other:r-x" */
static bool parse_entry(char *s, struct entry *ret)
{
	char *field[4] = { NULL };
	const char *who, *perm;
	size_t n = 0;

	while (n < 4 && s)
		field[n++] = strsep(&s, ":");
	if (s || n < 2)
		return false;
	who = n == 2 ? "" : field[1];
	perm = n == 2 ? field[1] : field[2];
	ret->id = UINT32_MAX;
	if (*who && parse_u32(n == 4 ? field[3] : who, 0, UINT32_MAX - 1, &ret->id) < 0)
		return false;
	return parse_tag(field[0], *who, &ret->tag) && parse_perm(perm, &ret->perm);
}

static bool parse_text(char *s, struct entry entries[ENTRIES_MOST], size_t *ret_n)
{
	char *one;

	*ret_n = 0;
	while ((one = strsep(&s, ",\n"))) {
		one += strspn(one, " \t");
		one[strcspn(one, " \t#")] = '\0'; /* "#effective:r--" */
		if (!*one)
			continue;
		if (!strncmp(one, "default:", 8))
			one += 8;
		if (*ret_n == ENTRIES_MOST || !parse_entry(one, &entries[(*ret_n)++]))
			return false;
	}
	return *ret_n;
}

bool acl_value(const char *from, size_t n, struct buf *to)
{
	struct entry entries[ENTRIES_MOST] = { 0 };
	AUTO(buf) struct buf text = BUF_NONE;
	size_t count;

	if (is_raw(from, n)) {
		buf_add(to, from, n);
		return true;
	}
	buf_add(&text, from, n);
	if (buf_error(&text) || !n || !parse_text(text.s, entries, &count))
		return false;
	put_le(to, VERSION, 4);
	for (unsigned tag = USER_OBJ; tag <= OTHER; tag <<= 1) { /* the kernel wants this order */
		for (size_t i = 0; i < count; i++) {
			if (entries[i].tag != tag)
				continue;
			put_le(to, tag, 2);
			put_le(to, entries[i].perm, 2);
			put_le(to, entries[i].id, 4);
		}
	}
	return true;
}
