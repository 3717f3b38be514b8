/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes and clean-up helpers that every layer uses.
 * It must not know anything of this program's domain and holds no state.
 */
#ifndef IK_BASE_MACRO_H
#define IK_BASE_MACRO_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define IK_MUST_CHECK	    __attribute__((warn_unused_result))
#define IK_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define IK_UNUSED	    __attribute__((unused))
#define IK_CLEANUP(fn)	    __attribute__((cleanup(fn)))

#define IK_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define IK_MIN(a, b)	 ((a) < (b) ? (a) : (b))
#define IK_MAX(a, b)	 ((a) > (b) ? (a) : (b))

/*
 * Purpose     closes a descriptor that was only read from, or whose data are flushed already;
 *             errno is kept.
 * Parameters  fd: descriptor or a negative number (then nothing happens)
 * Returns     always -EBADF, so that `fd = ik_close(fd)` leaves a harmless value
 */
static inline int ik_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd); /* nothing is left to flush; Linux frees the number on any error */
	errno = saved;
	return -EBADF;
}

static inline void ik_closep(int *fd)
{
	*fd = ik_close(*fd);
}

static inline void ik_freep(void *p)
{
	free(*(void **)p);
}

/* `ik_autoclose int fd = -EBADF;` closes fd when it leaves its scope. */
#define ik_autoclose IK_CLEANUP(ik_closep)

/* `ik_autofree char *s = NULL;` frees s when it leaves its scope. */
#define ik_autofree IK_CLEANUP(ik_freep)

/*
 * Purpose     hands a descriptor over to the caller: the variable no longer owns it.
 * Parameters  fd: address of an ik_autoclose variable
 * Returns     the descriptor
 */
static inline int ik_steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -EBADF;
	return taken;
}

/* Hands a pointer over to the caller: the variable becomes NULL. */
#define ik_steal_ptr(p)                     \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

/*
 * Ignores the result of a function that must be checked; a comment beside it says why that is right.
 * (GCC does not take a cast to void for an answer.)
 */
#define ik_ignore(expr)                                       \
	do {                                                  \
		__typeof__(expr) ignored_ IK_UNUSED = (expr); \
	} while (0)

#endif
