/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The descriptors of all commands. A new command is a line here and one in cli.c.
 */
#ifndef IK_CLI_COMMANDS_H
#define IK_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct ik_command ik_cmd_status;
extern const struct ik_command ik_cmd_install;
extern const struct ik_command ik_cmd_restore;
extern const struct ik_command ik_cmd_official;
extern const struct ik_command ik_cmd_verify;
extern const struct ik_command ik_cmd_recover;
extern const struct ik_command ik_cmd_backups;
extern const struct ik_command ik_cmd_doctor;
extern const struct ik_command ik_cmd_prepare;
extern const struct ik_command ik_cmd_remove;
extern const struct ik_command ik_cmd_maint;

#endif
