/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where are we: WSL 1, WSL 2 (inbox or Store), a container on it, or neither, and what WSL told its
 * init about the Windows user. Reads only; the root directory can be another one, for tests.
 * It must not know what the program does with the answer. The kernel's name alone never decides.
 */
#ifndef IK_OS_WSLENV_H
#define IK_OS_WSLENV_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"

enum ik_wsl_flavour {
	IK_WSL_NONE,	/* not WSL, or a container on it */
	IK_WSL_UNKNOWN, /* WSL, but the signs do not agree */
	IK_WSL_INBOX,	/* the Windows component */
	IK_WSL_STORE,	/* the Store or MSI product */
};

/* Facts, each with where it came from in `evidence`. Texts are owned; NULL = not known. */
struct ik_wslenv {
	int wsl; /* 0, 1 or 2 */
	enum ik_wsl_flavour flavour;
	bool container;		   /* the kernel is WSL's, the user space is a container's */
	bool has_wslinfo;	   /* bin/wslinfo exists */
	bool has_interop;	   /* binfmt entry with the interpreter /init */
	char *user_profile;	   /* WSL2_USER_PROFILE of init: Windows path, UTF-8 */
	char *install_path;	   /* WSL2_INSTALL_PATH of init: Windows path */
	char *distro;		   /* WSL_DISTRO_NAME of init */
	char *wsl_version;	   /* container_host_version_id of init */
	char *release;		   /* kernel release as uname -r */
	struct ik_strbuf evidence; /* one line per sign: "<file>: <what was seen>\n" */
};

/*
 * Purpose     gathers the facts.
 * Parameters  root_fd: directory that plays "/"; the process list is read beneath it
 *             ret: caller's storage; free with ik_wslenv_done()
 * Errors      IK_E_MEMORY_EXHAUSTED only: an unreadable sign counts as absent
 * Source      microsoft/WSL: src/linux/init/{main,init,config,util,binfmt}.cpp at 3e27a6a5
 */
int ik_wslenv_probe(int root_fd, struct ik_wslenv *ret, struct ik_err *err) IK_MUST_CHECK;

/* Purpose     frees the facts; env may be NULL. */
void ik_wslenv_done(struct ik_wslenv *env);

#define ik_autowslenv IK_CLEANUP(ik_wslenv_done)

/* Purpose     names a flavour as JSON prints it: "none", "unknown", "inbox", "store". */
const char *ik_wsl_flavour_name(enum ik_wsl_flavour flavour);

#endif
