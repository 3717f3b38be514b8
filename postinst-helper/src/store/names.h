/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every name that the program uses on the Windows side, in one place. All are ASCII, legal and short
 * on Windows; "kernel.rollback" is Microsoft's and never used. It must not know what is done with them.
 */
#ifndef IK_STORE_NAMES_H
#define IK_STORE_NAMES_H

/* In place: the target and what lies beside it. */
#define IK_NAME_SYSTEM32      "Windows/System32"
#define IK_NAME_TARGET	      "Windows/System32/lxss/tools/kernel"
#define IK_NAME_PREFIX	      "immensity-"
#define IK_NAME_NEW	      "immensity-new.img"
#define IK_NAME_PREV	      "immensity-prev.img"
#define IK_NAME_OFFICIAL      "immensity-official.img"
#define IK_NAME_OFFICIAL_MORE "immensity-official-"	  /* + 12 hex digits + IK_NAME_SUFFIX */
#define IK_NAME_FOREIGN_MORE  "immensity-foreign-"	  /* + 12 hex digits + IK_NAME_SUFFIX */
#define IK_NAME_SEAL	      "immensity-official.sha256" /* digest of IK_NAME_OFFICIAL */
#define IK_NAME_SUFFIX	      ".img"
#define IK_NAME_TEMP	      "immensity-copy.tmp" /* images under way */
#define IK_NAME_JOURNAL	      "immensity-journal.bin"
#define IK_NAME_LOCK	      "immensity-lock"
#define IK_NAME_SCRIPT	      "immensity-restore.cmd"
#define IK_NAME_README	      "immensity-README.txt"
#define IK_NAME_HISTORY	      "immensity-history.txt"

/* `.wslconfig` mode. */
#define IK_NAME_WSLCONFIG   ".wslconfig"
#define IK_NAME_WSLC_PREV   ".wslconfig.immensity-prev" /* as it was before our last change */
#define IK_NAME_WSLC_UNDO   ".wslconfig.immensity-undo" /* how to take our change back */
#define IK_NAME_OWN_DIR	    "immensity-kernel"
#define IK_NAME_LOCAL_DATA  "AppData/Local"
#define IK_NAME_SHARED_DATA "ProgramData"
#define IK_NAME_KERNEL	    "kernel-" /* + version + "-" + 12 hex digits */

#define IK_NAME_SHORT_HEX 12 /* digits of a digest that go into a name */

#endif
