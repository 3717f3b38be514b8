/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings about environment, drive, kernel, .wslconfig, rights, space and policy, each with what to do.
 * Changes nothing.
 */
#ifndef IK_FLOW_DOCTOR_H
#define IK_FLOW_DOCTOR_H

#include "base/err.h"
#include "base/macro.h"
#include "flow/report.h"
#include "flow/session.h"

/*
 * Purpose     examines everything.
 * Parameters  ret: findings
 * Errors      as ik_act_status(); findings are no errors
 */
int ik_doctor_run(const struct ik_session *session, struct ik_report *ret,
		  struct ik_err *err) IK_MUST_CHECK;

#endif
