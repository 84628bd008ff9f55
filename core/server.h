/* server - the hinge: what every server of instances and images can do, in LXD's own terms
 *
 *   argv or HTTP --> these tables --> runtime/local.c (this host's files) | net/lxd_client.c (REST) | net/simplestreams.c
 *
 * An applet resolves REMOTE:NAME to a server and calls the table: it cannot tell a local instance from a remote one. A NULL
 * function is "this kind of server does not do that": call through server_*() in applets/target.h or check first.
 * All results live in the arena that is passed. Functions return 0 or -errno: -ENOENT not found, -EEXIST already exists, -EBUSY
 * in use or wrong state, -EINVAL bad input, -EOPNOTSUPP; the chain in ERR is what the user reads. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "core/arena.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/image.h"
#include "core/instance.h"
#include "core/profile.h"
#include "core/report.h"

struct server;

/* ---- instances */

enum state_action { STATE_START, STATE_STOP, STATE_RESTART, STATE_FREEZE, STATE_UNFREEZE };

struct state_change {
	enum state_action action;
	bool force;
	int timeout_ms;	 /* of a clean stop; -1: for ever */
	bool foreground; /* START: returns when the instance has ended; TERM or INT to the caller stops it */
};

/* What is measured in a running instance; -1: not known here (no controller). */
struct instance_state {
	int64_t status_code;
	int64_t pid; /* of its init on this host; 0: not running */
	int64_t processes;
	int64_t memory_usage, memory_peak, swap_usage, swap_peak; /* bytes */
	int64_t cpu_ns;
	int64_t disk_root; /* bytes in its own upper directory; -1: not known cheaply */
	int64_t oom_kills;
};

/* Which parts of an instance a caller needs: a list of names reads nothing but the directory. */
enum instance_parts {
	PART_RECORD = 1,   /* what is in instance.yaml */
	PART_EXPANDED = 2, /* expanded_config, expanded_devices */
	PART_STATUS = 4,   /* status, status_code, last_used_at */
	PART_STATE = 8,	   /* struct instance_state */
	PART_ALL = 15,
};

struct instance_entry {
	struct instance record;
	struct instance_state state;
	int64_t snapshots;
	const char *broken; /* not NULL: the record cannot be read and why; status is STATUS_ERROR, the rest empty */
};

struct instance_list {
	struct instance_entry *item; /* by name, natural order */
	size_t n;
};

/* The new instance: what the user gave. Image properties, profiles and defaults are merged by the server. */
struct instance_create {
	const char *name;     /* NULL: the server makes one up, written to ret_name */
	const char *image;    /* alias or fingerprint on IMAGE_SERVER; "" with HOST */
	struct server *image_server; /* where the image is; may be the same server */
	bool host;	      /* a throw-away clone of the running host instead of an image */
	bool own_init;	      /* our own idle init as pid 1 whatever the image has (`run`) */
	bool start;	      /* and start it */
	void (*created)(void *ctx, const char *name); /* with start: it is there, and about to be started; NULL: nobody wants to know */
	void *created_ctx;
	bool explain;	      /* change nothing: EXPLAIN receives every step */
	bool no_profiles;
	int64_t owner;	      /* pid: the instance is killed when that process ends, however (`run`); 0: it outlives everybody */
	const struct instance *from; /* config, devices, profiles (n = 0 and !no_profiles: "default"), ephemeral, description */
	struct buf *explained;
};

struct exec_request {
	const char *const *argv; /* NULL-terminated */
	struct names env;	 /* K=V; beats everything else */
	const char *cwd;	 /* NULL: /root for uid 0, else / */
	bool has_user, has_group;
	uint32_t user, group;
	const char *user_name; /* looked up inside instead of user; NULL: none */
	bool login_shell;      /* `shell`: argv is chosen inside: su -l, else root's shell from passwd, else /bin/sh */
	bool tty;	       /* a pty inside; this terminal relayed, raw */
	const char *term; /* TERM of the caller, NULL: none */
	int fd[3];	  /* what becomes 0, 1, 2 (borrowed) */
};

struct instance_ops {
	/* All of them, or with NAME the one. Broken records are in the list. */
	int (*list)(struct server *s, struct arena *a, unsigned parts, const char *name, struct instance_list *ret,
		    struct err *e);
	int (*create)(struct server *s, struct arena *a, const struct instance_create *c, const char **ret_name,
		      struct report *report, struct err *e);
	/* Replaces the writable part (rows ON_SHOW); applied live where running. volatile.* keys that are left out are kept. */
	int (*update)(struct server *s, struct arena *a, const char *name, const struct instance *to, struct report *report,
		      struct err *e);
	/* Read, change by FN, write, under the instance's lock: what `config set` uses. FN returns 0 or -errno. */
	int (*change)(struct server *s, struct arena *a, const char *name,
		      int (*fn)(void *ctx, struct arena *a, struct instance *i, struct err *e), void *ctx,
		      struct report *report, struct err *e);
	int (*remove)(struct server *s, const char *name, bool force, struct report *report, struct err *e);
	int (*rename)(struct server *s, const char *name, const char *to, struct err *e);
	int (*set_state)(struct server *s, const char *name, const struct state_change *c, struct report *report,
			 struct err *e);
	/* *RET_STATUS: as a shell has it (128 + n for a signal); 126, 127 with a message when it could not be executed. */
	int (*exec)(struct server *s, const char *name, const struct exec_request *r, int *ret_status, struct report *report,
		    struct err *e);
	/* Relays between FD (a terminal or not) and the console until detached or the instance ends. */
	int (*console)(struct server *s, const char *name, int in, int out, struct err *e);
	int (*console_log)(struct server *s, const char *name, struct buf *to, struct err *e);
	int (*log)(struct server *s, const char *name, struct buf *to, struct err *e); /* why the last start or stop went so */
	int (*explain)(struct server *s, const char *name, struct buf *to, struct err *e); /* every step of a start */

	int (*profile_list)(struct server *s, struct arena *a, struct profile **ret, size_t *ret_n, struct err *e);
	/* USERS: fill used_by, for which every instance's record is looked at. */
	int (*profile_get)(struct server *s, struct arena *a, const char *name, bool users, struct profile *ret, struct err *e);
	int (*profile_create)(struct server *s, const struct profile *p, struct err *e);
	int (*profile_update)(struct server *s, const struct profile *p, struct report *report, struct err *e);
	int (*profile_delete)(struct server *s, const char *name, struct err *e);
	int (*profile_rename)(struct server *s, const char *name, const char *to, struct err *e);

	/* config.yaml of the server: core.*, images.* */
	int (*config_get)(struct server *s, struct arena *a, struct map *ret, struct err *e);
	int (*config_set)(struct server *s, const struct map *changes, struct err *e); /* value "": unset */
	/* GET /1.0: environment, api_extensions, ... as a document */
	int (*info)(struct server *s, struct arena *a, struct doc **ret, struct err *e);
	/* This kernel and host, feature by feature; repairs what crashes left. Each line through CHECK. Returns the number of
	 * things that are wrong. */
	int (*check)(struct server *s, void (*line)(void *ctx, const char *what, const char *state, const char *loss), void *ctx,
		     struct report *report, struct err *e);
};

/* ---- images */

struct image_import_files {
	int file;      /* unified image or metadata tarball, -1 with DIRECTORY */
	int rootfs;    /* second file of a split image, or -1 */
	int directory; /* or -1 */
	const char *file_name, *rootfs_name; /* as given, for messages and the record */
	struct map properties;
	struct names aliases;
	bool public;
	bool unlimited;
};

struct image_alias_entry {
	const char *name, *target, *description, *type;
};

struct image_ops {
	int (*list)(struct server *s, struct arena *a, struct image **ret, size_t *ret_n, struct err *e);
	/* Alias first, then a unique fingerprint prefix. */
	int (*resolve)(struct server *s, struct arena *a, const char *name, struct image *ret, struct err *e);
	/* The same without a look at its record, which may be damaged. */
	int (*find)(struct server *s, struct arena *a, const char *name, const char **ret_fingerprint, struct err *e);
	int (*import)(struct server *s, struct arena *a, const struct image_import_files *f, char ret_fingerprint[HASH_HEX],
		      struct report *report, struct err *e);
	int (*update)(struct server *s, const struct image *image, struct err *e);
	int (*remove)(struct server *s, const char *fingerprint, struct err *e);
	int (*alias_list)(struct server *s, struct arena *a, struct image_alias_entry **ret, size_t *ret_n, struct err *e);
	int (*alias_create)(struct server *s, const char *name, const char *target, const char *description, struct err *e);
	int (*alias_delete)(struct server *s, const char *name, struct err *e);
	int (*alias_rename)(struct server *s, const char *name, const char *to, struct err *e);
};

struct server {
	const struct instance_ops *instances; /* NULL: a server of images only */
	const struct image_ops *images;
	const char *name; /* of the remote */
	void *impl;	  /* the implementation's own */
};
