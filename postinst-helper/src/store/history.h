/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The append-only log for people: beside the images on the drive (readable when WSL is dead, lines end
 * in CR LF) and in a file of the distro. It must not know what the lines mean; a failure to write
 * one never fails the command.
 */
#ifndef IK_STORE_HISTORY_H
#define IK_STORE_HISTORY_H

#include "base/macro.h"

#define IK_HISTORY_LOG "immensity-kernel.log" /* in /var/log */

/*
 * Purpose     appends "time version text" to the history on the drive.
 * Parameters  dir_fd: directory of the images
 */
void ik_history_drive(int dir_fd, const char *fmt, ...) IK_PRINTF(2, 3);

/*
 * Purpose     appends the same to a log file of the distro.
 * Parameters  dir: absolute path of a directory such as "/var/log"; missing = nothing happens
 */
void ik_history_log(const char *dir, const char *fmt, ...) IK_PRINTF(2, 3);

#endif
