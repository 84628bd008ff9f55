/* client - what the user's client is configured with: config.yml, which LXD's client shares with us
 *
 * $LXD_CONF, else ~/.config/lxc; remotes of $LXD_GLOBAL_CONF (/etc/lxd) come in addition. Read when first asked for, created
 * by the first change. What a newer client keeps in it stays. */
#pragma once
#include "applets/applet.h"

struct client {
	const char *default_remote;
	struct devices remotes; /* name -> addr, auth_type, domain, project, protocol, public; as in the file */
	struct map aliases;
	struct devices all;   /* remotes, those of the host (with "Global") and those that are always there (with "Static") */
	struct devices fixed; /* what there is without files: --force-local */
	struct doc *doc;      /* the file */
	struct err broken;    /* not empty: a file cannot be read and why */
	bool is_first, has_files, has_remotes; /* client.c: what has been read and made */
};

/* Never NULL. */
const struct client *client_get(struct call *c);

/* The remotes that this command may name; one of them, or NULL. */
const struct devices *client_remotes(struct call *c);
const struct device *client_remote(struct call *c, const char *name);

/* 0, or the error of a broken file, told, when the command depends on it. */
int client_check(struct call *c);

/* The default: --force-local, $LXC_REMOTE, the file's. NULL: the file is broken, and the error is told. */
const char *client_default_remote(struct call *c);

/* To change it: a descriptor that holds the lock until it is closed, and what the file says now. */
int client_open(struct call *c, struct client *ret);
int client_save(struct call *c, int fd, const struct client *to);

/* remotes as the file has them */
struct doc *client_remotes_document(struct arena *a, const struct devices *remotes);
