/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The public face of the program: its exit statuses and the version of its JSON.
 * Scripts and packages rely on these numbers. It knows nothing of how they come about.
 */
#ifndef IMMENSITY_KERNEL_H
#define IMMENSITY_KERNEL_H

/* Value of the JSON key "schema"; raised when a key changes its meaning or goes away. */
#define IK_JSON_SCHEMA 1

/* Exit statuses; `maint` maps 3, 5, 6 and 7 to 0. Source: design of the command line. */
enum ik_exit {
	IK_EXIT_OK = 0,		    /* done, or nothing to do */
	IK_EXIT_FAILED = 1,	    /* failed, nothing changed */
	IK_EXIT_USAGE = 2,	    /* the command line is wrong */
	IK_EXIT_REFUSED = 3,	    /* refused by a safety rule */
	IK_EXIT_RECOVERY = 4,	    /* failed, recovery needed */
	IK_EXIT_BUSY = 5,	    /* somebody else is at work */
	IK_EXIT_NOT_APPLICABLE = 6, /* not WSL 2 */
	IK_EXIT_PENDING = 7,	    /* staged, needs an elevated step */
};

#endif
