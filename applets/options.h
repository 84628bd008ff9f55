/* options - flags as rows: one row names a flag, sets a member of a struct, and is its help and completion
 *
 * The grammar and the words of its errors are pflag's, which LXD's client has: flags and words in any order, `--` ends the
 * flags, `-abc` clusters, `--flag=V`, `--flag V`, no abbreviations. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/arena.h"
#include "core/err.h"
#include "core/map.h"

enum opt_type {
	OPT_BOOL,     /* bool */
	OPT_STRING,   /* const char *; DEF is what it is without the flag */
	OPT_OPTIONAL, /* const char *: a value only with `=`, DEF is what the bare flag means; NULL without the flag */
	OPT_INT,      /* int64_t, in Go's syntax */
	OPT_UINT,     /* struct opt_uint */
	OPT_LIST,     /* struct names, in the order given */
};

struct opt_uint {
	bool given;
	uint32_t value;
};

struct opt {
	char name[21];
	char letter; /* 0: none */
	uint8_t type;
	uint16_t offset;
	const char *def;  /* NULL: false, 0, not there */
	const char *help; /* NULL: accepted, but not shown */
};

/* OPT(BOOL, 'f', "force", struct stop_opts, force, NULL, "do not ask the instance") */
#define OPT(kind, letter, name, record, member, def, help) \
	{ name, letter, OPT_##kind, \
	  offsetof(record, member) + 0 * sizeof(_Generic(((record *)0)->member, OPT_C_##kind: 1)), def, help }
#define OPT_END { "", 0, 0, 0, NULL, NULL }
#define OPT_C_BOOL     bool
#define OPT_C_STRING   const char *
#define OPT_C_OPTIONAL const char *
#define OPT_C_INT      int64_t
#define OPT_C_UINT     struct opt_uint
#define OPT_C_LIST     struct names

/* A table of rows, ended by one without a name (NULL: none), and the struct that they set. */
struct opt_set {
	const struct opt *opt;
	void *to;
};

/* The flag called NAME (N bytes) or LETTER in the first table of SET that has it; NULL: none. */
const struct opt *opts_named(const struct opt_set *set, size_t n_set, const char *name, size_t n, void **ret_to);
const struct opt *opts_letter(const struct opt_set *set, size_t n_set, char letter, void **ret_to);

static inline bool opt_takes_word(const struct opt *o)
{
	return o->type != OPT_BOOL && o->type != OPT_OPTIONAL;
}

/* Sets what DEF says in the (zeroed) structs. */
void opts_defaults(struct arena *a, const struct opt_set *set, size_t n_set);

/* Where the words of another command begin: once COUNT words are there (0: never), a flag that no row knows is a word like
 * any other; with ALL, a flag that one knows, too. */
struct behind {
	uint8_t count;
	bool all;
};

/* Takes the flags out of WORD (N of them) and gives the rest. */
int opts_parse(struct arena *a, const struct opt_set *set, size_t n_set, struct behind behind, const char *const *word, size_t n,
	       struct names *ret_words, struct err *e);
