/* unpack - an image file into a directory: read, hash, inflate, parse, write in one pass
 *
 *   source fd --> [feeder: hash, copy kept] --bytes--> [reader: inflate, parse] --records--> [writer: us] --> directory
 *                  processes without privileges, under seccomp                               dirfd by dirfd, never by path
 *
 * The reader knows tar (ustar, GNU, pax) plain or in gzip, xz, lzma, zstd, bzip2, and squashfs, told apart by content.
 * The writer trusts nothing that comes from it: names, links and sizes are checked here (security rules R1, R9, V28-V32).
 * What is kept: owner, mode with 07000, mtime in ns, hard links, symlinks, fifos, devices (EPERM: counted), holes, xattrs user.*,
 * security.capability, system.posix_acl_*, trusted.*; security.{selinux,ima,evm} are dropped. What overlayfs would interpret is
 * escaped: trusted.overlay.X becomes trusted.overlay.overlay.X, character devices 0:0 are dropped with a warning. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"
#include "core/hash.h"
#include "core/report.h"

enum unpack_kind {
	UNPACK_UNIFIED,	 /* metadata.yaml, templates/, rootfs/... */
	UNPACK_METADATA, /* metadata.yaml, templates/ (a rootfs/ in it is taken too: result.has_rootfs) */
	UNPACK_ROOTFS,	 /* the content of rootfs/ at top level */
};

struct unpack {
	enum unpack_kind kind;
	int source;	   /* file or pipe, read from where it stands to its end */
	uint64_t size;	   /* of the source when known, for progress; else 0 */
	const char *name;  /* of the source, for messages */
	int keep;	   /* the very bytes read are written here; -1: not kept */
	struct hash *hash; /* every byte read is added (a split image adds both files to one); may be NULL */
	int dest;	   /* directory that receives metadata.yaml, templates/, rootfs/ (mode 0755 unless the archive says) */
	bool unlimited;	   /* lifts the limits on unpacked size and number of members */
};

struct unpack_result {
	uint64_t bytes_read;
	uint64_t bytes_written;
	uint64_t members;
	bool has_metadata;
	bool has_rootfs;
	bool is_squashfs;
	char extension[12]; /* ".tar.xz", ".squashfs": by content */
};

/* On failure DEST holds whatever was written so far: the caller removes it (store_discard). One clear message: the name of the
 * source, the member and the reason. Warnings are counted, one line per kind. */
int unpack(struct unpack *u, struct unpack_result *ret, struct report *report, struct err *e);
