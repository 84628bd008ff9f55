/* lsm - AppArmor, where the host has it on: a profile per instance, from one of two fixed policies
 *
 *   vendor/apparmor/NAME.aa --apparmor_parser, at build time--> a blob in this program --renamed--> apparmor/.replace
 *
 * No parser is needed on the host. Every instance has a profile of its own name (lxcbox-ID.NAME), so that the kernel's messages say
 * whose it was, and another's end takes nothing from it. */
#pragma once
#include <stdbool.h>
#include "core/err.h"

enum lsm_policy { LSM_PLAIN, LSM_NESTING };

#define LSM_PROFILE_SIZE 128

/* "lxcbox-ID.NAME" of an instance's "ID.NAME"; "" where AppArmor is off. */
int lsm_profile(const char *id, char to[LSM_PROFILE_SIZE], struct err *e);

/* AppArmor is on, so every container has to be in a profile. */
bool lsm_available(void);

/* Loads POLICY under the name PROFILE; one of that name is replaced. Host's root only. */
int lsm_load(enum lsm_policy policy, const char *profile, struct err *e);
/* Nobody is in it any more. Missing, or no AppArmor: 0. */
int lsm_remove(const char *profile, struct err *e);

/* For the process that is going to enter: a descriptor into the host's /proc, to be had before any namespace is entered, as
 * what lies on /proc inside is the container's. */
int lsm_open(int *ret_fd, struct err *e);
/* Enters PROFILE for good, with all that is executed later; FD as lsm_open gave it to this very process. */
int lsm_enter(int fd, const char *profile, struct err *e);
