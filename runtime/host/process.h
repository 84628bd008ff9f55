/* process - a process that is surely the one that was meant
 *
 * Pids are used again. What is written down is pid + start time + boot id; what is used is a pidfd that was compared with
 * them after it was opened. Without pidfds (before 5.3) the start time is compared before each use. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/err.h"

struct process {
	int32_t pid;
	uint64_t start; /* field 22 of /proc/PID/stat, clock ticks since boot */
};

#define BOOT_ID_SIZE 37

/* This boot's id (/proc/sys/kernel/random/boot_id). */
int process_boot_id(char to[BOOT_ID_SIZE], struct err *e);

int process_start_time(pid_t pid, uint64_t *ret, struct err *e); /* -ESRCH: no such process */

/* Exactly that process is there and not a zombie. */
bool process_is_alive(const struct process *p);

/* A pidfd of exactly that process, also while it is a zombie. -ESRCH: gone, or the pid is another's by now. */
int process_open(const struct process *p, struct err *e);

/* Waits until the process of PIDFD has exited (not: been reaped). timeout_ms -1: for ever. 0 or -ETIMEDOUT. */
int process_wait_exit(int pidfd, int timeout_ms);

/* Signals that the process catches or blocks (SigCgt | SigBlk of /proc/PID/status): bit N-1 is signal N. A pid 1 of a
 * namespace never sees any other. */
int process_handled_signals(pid_t pid, uint64_t *ret, struct err *e);

/* Reaps a child; the wait(2) status. EINTR is retried. */
int process_reap(pid_t pid, int *ret_status);

int64_t monotonic_ms(void);
