/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One life of a saved virtual machine: it is woken, gets its order by the console, and works on a
 * directory of ours until it is done or its process is killed. What happens in the directory is told
 * as it happens, so that the caller can choose the moment. It must not know the update protocol.
 */
#ifndef CRASH_VM_H
#define CRASH_VM_H

#include <stdbool.h>
#include <stddef.h>

struct vm_life {
	char *const *command; /* starts the machine, console on the standard streams */
	const char *order;    /* the line that the guest waits for */
	const char *watched;  /* directory whose changes are told; NULL = none */
	/*
	 * Called for each change, with the seconds since the order was given. Returns true when the
	 * machine is to be killed, *ret_delay seconds from now.
	 */
	bool (*changed)(void *arg, double at, double *ret_delay);
	void *arg;
};

enum vm_end {
	VM_DONE,   /* the guest finished and all was well */
	VM_FAILED, /* it finished, and something was not, or it never finished */
	VM_KILLED,
};

/*
 * Lives one life. console gets what the guest printed, ret_seconds (may be NULL) how long it took from
 * the order on. The machine's process is gone at the return.
 */
enum vm_end vm_run(const struct vm_life *life, char *console, size_t size, double *ret_seconds);

#endif
