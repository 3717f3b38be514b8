/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A temporary directory in the role of the Windows drive C:, for tests of what is found beneath one.
 * It knows nothing about where on it anything lies.
 */
#ifndef IK_TEST_DRIVEDIR_H
#define IK_TEST_DRIVEDIR_H

#include "store/place.h"

#define SEVENTY	 "0123456789012345678901234567890123456789012345678901234567890123456789"
#define LONG_WAY SEVENTY "/" SEVENTY "/" SEVENTY "/" SEVENTY "/" SEVENTY "/" SEVENTY

/* Its root is `tmp` of support.h; a test may change its path or letter. */
extern struct ik_drive drive;

/* cmocka's setup and teardown for a test; teardown also takes back what calls.h and faults.h let fail. */
int drivedir_setup(void **state);
int drivedir_teardown(void **state);

/* A place that a test may get; closed by its end. */
struct ik_place nowhere(void);

#endif
