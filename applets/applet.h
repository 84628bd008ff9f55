/* applet - what a command is made of, and what it may call
 *
 * A command is one row of table.h and one file: its flags (options.h), its words and a function. Grammar, help, completion
 * and the rules about numbers of arguments are loops over these rows (applet.c, help.c, complete.c). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "applets/options.h"
#include "core/arena.h"
#include "core/auto.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/server.h"

#define LXCBOX_VERSION "0.1"
#define LXD_VERSION    "5.0.2" /* whose client and API we are compatible with */

/* What completion offers for the words of a command. */
enum complete { COMPLETE_NOTHING, COMPLETE_INSTANCES, COMPLETE_RUNNING, COMPLETE_STOPPED, COMPLETE_IMAGES, COMPLETE_PROFILES, COMPLETE_COMMANDS };

enum { ANY = 255 };

struct call;
struct client;

struct applet {
	const char *name;
	const char *names;    /* second names: "ls" or "mv,move"; NULL: none */
	const char *usage;    /* what follows the name: "[REMOTE:]INSTANCE..." */
	const char *summary;  /* one line */
	const char *text;     /* more lines of help, NULL: none */
	const char *examples; /* lines, NULL: none */
	const struct opt *opts;
	uint16_t opts_size;
	uint8_t min, max; /* how many words; max ANY: no end */
	struct behind behind; /* the line of a command inside begins here (exec, run) */
	uint8_t complete;
	bool hidden;		  /* not shown by `help` without --all */
	const struct applet *sub; /* a family: ended by a row without a name */
	int (*run)(struct call *c); /* NULL and no family: known, but not supported by this version */
};

/* Flags of all commands. */
struct global {
	bool all; /* of the root and of help only */
	bool debug, verbose, force_local, help, quiet, sub_commands, version;
	const char *project, *dir, *install;
};

/* One execution of a command. What it prints goes to OUT and is written by call_flush(). */
struct call {
	const struct applet *applet;
	const char *program; /* "lxc" or "lxcbox", as it was called */
	const char *path;    /* "lxc config set" */
	const void *opts;
	const struct global *global;
	const char *const *args; /* NULL-terminated */
	size_t n_args;
	struct arena *arena;
	struct buf *out;
	int out_error; /* the first failure of writing to stdout */
	struct report *report;
	struct err *err;
	struct buf *tail;      /* whole lines for stderr behind the error's */
	int status;	       /* exit status when run() gives 0; with an error: if not 0, instead of 1 */
	struct server *server; /* of this host, once opened */
	struct client *client; /* once read */
	struct progress *progress;
};

/* argv -> exit status. */
int applet_main(int argc, char **argv);

/* Writes what is in OUT. A failure is remembered and told at the end: what was being done goes on. */
void call_flush(struct call *c);

/* Talk, on stderr: "TEXT\n", escaped. Not with -q when it is only a note. */
void call_say(struct call *c, const char *fmt, ...) PRINTF(2, 3);

/* Whether stdout of this execution and descriptor FD are terminals. */
bool call_is_terminal(int fd);

/* The usage on stderr, with what is missing (NULL: nothing to say). */
void call_usage(struct call *c, const char *missing);

/* ---- the table (applet.c) */

/* The I-th command of a family, or of the top (PARENT NULL); NULL behind the last. */
const struct applet *applet_at(const struct applet *parent, size_t i);
const struct applet *applet_named(const struct applet *parent, const char *name);
bool applet_is_absent(const struct applet *p);

struct found {
	const struct applet *applet; /* NULL: the root */
	const char *path;	     /* "lxc config set" */
	struct names words;	     /* all others, flags too */
};

/* Which command the words call, as cobra finds it: flags may stand in front of its name. */
void applet_find(struct arena *a, const struct applet *start, const char *path, const char *const *word, size_t n, struct found *ret);

extern const struct opt global_opts[];

/* ---- help.c */
struct help {
	const char *program, *path;
	bool all, sub_commands;
};

void help_write(const struct help *h, const struct applet *applet, struct buf *to); /* `--help`; NULL: of the root */
void help_usage(const struct help *h, const struct applet *applet, struct buf *to); /* without the description */
void help_suggest(const char *typed, struct buf *to); /* "Did you mean this?" lines, or nothing */

/* ---- complete.c */
int complete_run(struct call *c);
