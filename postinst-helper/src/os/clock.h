/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time, sleep, and the boot id that tells one VM from the next.
 * It must not know why somebody waits.
 */
#ifndef IK_OS_CLOCK_H
#define IK_OS_CLOCK_H

#include <stdint.h>

#include "base/err.h"

#define IK_BOOT_ID_LEN 37 /* 36 characters of a UUID and a NUL */

/* Purpose     wall time in seconds since 1970 (UTC); may jump. */
int64_t ik_clock_unix_s(void);

/* Purpose     time in milliseconds that never goes back, for durations. */
int64_t ik_clock_mono_ms(void);

/* Purpose     sleeps; a signal does not cut it short. */
void ik_clock_sleep_ms(unsigned int ms);

/*
 * Purpose     writes "YYYY-MM-DDTHH:MM:SSZ" (UTC) and a NUL.
 * Parameters  ret_text: 21 bytes
 */
void ik_clock_iso(int64_t unix_s, char ret_text[21]);

/*
 * Purpose     reads the random id of this boot of the kernel.
 * Returns     the id, or 36 zeros and dashes in that shape when there is none
 * Source      Linux: Documentation/admin-guide/sysctl/kernel.rst, "random"
 */
void ik_clock_boot_id(char ret_id[IK_BOOT_ID_LEN]);

/*
 * Purpose     fills a buffer with random bytes.
 * Errors      IK_E_IO_FAILED
 */
int ik_clock_random(void *buf, size_t len, struct ik_err *err) IK_MUST_CHECK;

#endif
