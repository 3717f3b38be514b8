/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of error codes: identifier, stable name printed in JSON, exit status class.
 * Add a row where it belongs by area; never rename or renumber a printed name.
 * It must not know messages: the layer that knows the names of things writes those.
 */
#ifndef IK_BASE_CODE_H
#define IK_BASE_CODE_H

#include "immensity-kernel.h"

/* X(identifier, "stable-name", exit status) */
#define IK_CODE_TABLE(X)                                                            \
	X(IK_E_NONE, "none", IK_EXIT_OK)                                            \
	/* general */                                                               \
	X(IK_E_ARGUMENT_BAD, "argument-bad", IK_EXIT_USAGE)                         \
	X(IK_E_MEMORY_EXHAUSTED, "memory-exhausted", IK_EXIT_FAILED)                \
	X(IK_E_INTERNAL_BUG, "internal-bug", IK_EXIT_FAILED)                        \
	X(IK_E_IO_FAILED, "io-failed", IK_EXIT_FAILED)                              \
	X(IK_E_ROOT_NEEDED, "root-needed", IK_EXIT_REFUSED)                         \
	X(IK_E_INTERRUPTED, "interrupted", IK_EXIT_FAILED)                          \
	/* paths and files */                                                       \
	X(IK_E_PATH_MISSING, "path-missing", IK_EXIT_FAILED)                        \
	X(IK_E_PATH_BAD, "path-bad", IK_EXIT_USAGE)                                 \
	X(IK_E_PATH_SYMLINK, "path-symlink", IK_EXIT_REFUSED)                       \
	X(IK_E_PATH_ESCAPES, "path-escapes", IK_EXIT_REFUSED)                       \
	X(IK_E_PATH_AMBIGUOUS, "path-ambiguous", IK_EXIT_REFUSED)                   \
	X(IK_E_PATH_DENIED, "path-denied", IK_EXIT_PENDING)                         \
	X(IK_E_FILE_IS_DIRECTORY, "file-is-directory", IK_EXIT_REFUSED)             \
	X(IK_E_FILE_IS_FIFO, "file-is-fifo", IK_EXIT_REFUSED)                       \
	X(IK_E_FILE_IS_DEVICE, "file-is-device", IK_EXIT_REFUSED)                   \
	X(IK_E_FILE_IS_SOCKET, "file-is-socket", IK_EXIT_REFUSED)                   \
	X(IK_E_FILE_NOT_DIRECTORY, "file-not-directory", IK_EXIT_REFUSED)           \
	X(IK_E_FILE_TOO_BIG, "file-too-big", IK_EXIT_REFUSED)                       \
	X(IK_E_FILE_TOO_SMALL, "file-too-small", IK_EXIT_REFUSED)                   \
	X(IK_E_FILE_CHANGED, "file-changed", IK_EXIT_FAILED)                        \
	X(IK_E_FILE_UNTRUSTED, "file-untrusted", IK_EXIT_REFUSED)                   \
	/* environment, mounts, drives */                                           \
	X(IK_E_WSL_ABSENT, "wsl-absent", IK_EXIT_NOT_APPLICABLE)                    \
	X(IK_E_WSL_VERSION_1, "wsl-version-1", IK_EXIT_NOT_APPLICABLE)              \
	X(IK_E_MOUNTS_UNREADABLE, "mounts-unreadable", IK_EXIT_FAILED)              \
	X(IK_E_DRIVE_MISSING, "drive-missing", IK_EXIT_PENDING)                     \
	X(IK_E_DRIVE_HIDDEN, "drive-hidden", IK_EXIT_REFUSED)                       \
	X(IK_E_DRIVE_AMBIGUOUS, "drive-ambiguous", IK_EXIT_REFUSED)                 \
	X(IK_E_DRIVE_NOT_SYSTEM, "drive-not-system", IK_EXIT_REFUSED)               \
	X(IK_E_DRIVE_READONLY, "drive-readonly", IK_EXIT_PENDING)                   \
	X(IK_E_PROFILE_MISSING, "profile-missing", IK_EXIT_REFUSED)                 \
	X(IK_E_MODE_UNKNOWN, "mode-unknown", IK_EXIT_REFUSED)                       \
	X(IK_E_INTEROP_FAILED, "interop-failed", IK_EXIT_FAILED)                    \
	X(IK_E_MOUNTOPT_BAD, "mount-option-bad", IK_EXIT_FAILED)                    \
	/* locks */                                                                 \
	X(IK_E_LOCK_BUSY, "lock-busy", IK_EXIT_BUSY)                                \
	X(IK_E_LOCK_UNTRUSTED, "lock-untrusted", IK_EXIT_REFUSED)                   \
	X(IK_E_LOCK_FAILED, "lock-failed", IK_EXIT_FAILED)                          \
	/* privileges */                                                            \
	X(IK_E_PRIV_DROP, "priv-drop", IK_EXIT_FAILED)                              \
	X(IK_E_PRIV_SECCOMP, "priv-seccomp", IK_EXIT_FAILED)                        \
	X(IK_E_PRIV_CHILD_DIED, "priv-child-died", IK_EXIT_RECOVERY)                \
	/* image */                                                                 \
	X(IK_E_IMAGE_FORMAT, "image-format", IK_EXIT_REFUSED)                       \
	X(IK_E_IMAGE_HEADER, "image-header", IK_EXIT_REFUSED)                       \
	X(IK_E_IMAGE_TRUNCATED, "image-truncated", IK_EXIT_REFUSED)                 \
	X(IK_E_IMAGE_ARCH, "image-arch", IK_EXIT_REFUSED)                           \
	X(IK_E_IMAGE_RELEASE, "image-release", IK_EXIT_REFUSED)                     \
	X(IK_E_IMAGE_DIGEST, "image-digest", IK_EXIT_REFUSED)                       \
	X(IK_E_IMAGE_MISSING, "image-missing", IK_EXIT_FAILED)                      \
	X(IK_E_MANIFEST_BAD, "manifest-bad", IK_EXIT_REFUSED)                       \
	/* configuration */                                                         \
	X(IK_E_CONF_SYNTAX, "conf-syntax", IK_EXIT_USAGE)                           \
	X(IK_E_CONF_UNKNOWN_KEY, "conf-unknown-key", IK_EXIT_USAGE)                 \
	X(IK_E_CONF_REPEATED_KEY, "conf-repeated-key", IK_EXIT_USAGE)               \
	X(IK_E_CONF_VALUE, "conf-value", IK_EXIT_USAGE)                             \
	X(IK_E_WSLCONF_ENCODING, "wslconfig-encoding", IK_EXIT_REFUSED)             \
	X(IK_E_WSLCONF_NUL, "wslconfig-nul", IK_EXIT_REFUSED)                       \
	X(IK_E_WSLCONF_TOO_BIG, "wslconfig-too-big", IK_EXIT_REFUSED)               \
	X(IK_E_WSLCONF_FOREIGN_KERNEL, "wslconfig-foreign-kernel", IK_EXIT_REFUSED) \
	X(IK_E_WSLCONF_VALUE, "wslconfig-value", IK_EXIT_FAILED)                    \
	X(IK_E_WSLCONF_CHANGED, "wslconfig-changed", IK_EXIT_REFUSED)               \
	X(IK_E_WSLCONF_UNDO, "wslconfig-undo", IK_EXIT_FAILED)                      \
	X(IK_E_RELEASE_BAD, "release-bad", IK_EXIT_REFUSED)                         \
	X(IK_E_WINPATH_BAD, "winpath-bad", IK_EXIT_REFUSED)                         \
	/* records */                                                               \
	X(IK_E_JOURNAL_BAD, "journal-bad", IK_EXIT_FAILED)                          \
	X(IK_E_LOCKREC_BAD, "lockrec-bad", IK_EXIT_FAILED)                          \
	X(IK_E_RESCUE_BAD, "rescue-bad", IK_EXIT_FAILED)                            \
	/* server probe and transaction */                                          \
	X(IK_E_SERVER_UNSAFE, "server-unsafe", IK_EXIT_REFUSED)                     \
	X(IK_E_SPACE_LOW, "space-low", IK_EXIT_PENDING)                             \
	X(IK_E_VERIFY_MISMATCH, "verify-mismatch", IK_EXIT_FAILED)                  \
	X(IK_E_TARGET_MISSING, "target-missing", IK_EXIT_REFUSED)                   \
	X(IK_E_TARGET_READONLY, "target-readonly", IK_EXIT_PENDING)                 \
	X(IK_E_TARGET_FOREIGN, "target-foreign", IK_EXIT_REFUSED)                   \
	X(IK_E_TARGET_NEWER, "target-newer", IK_EXIT_REFUSED)                       \
	X(IK_E_TARGET_CHANGED, "target-changed", IK_EXIT_FAILED)                    \
	X(IK_E_TARGET_TORN, "target-torn", IK_EXIT_RECOVERY)                        \
	X(IK_E_TARGET_UNFLUSHED, "target-unflushed", IK_EXIT_PENDING)               \
	X(IK_E_BACKUP_MISSING, "backup-missing", IK_EXIT_FAILED)                    \
	X(IK_E_BACKUP_BAD, "backup-bad", IK_EXIT_FAILED)                            \
	X(IK_E_STATE_BAD, "state-bad", IK_EXIT_FAILED)                              \
	X(IK_E_RECOVERY_NEEDED, "recovery-needed", IK_EXIT_RECOVERY)

enum ik_code {
#define X(id, name, status) id,
	IK_CODE_TABLE(X)
#undef X
	IK_CODE_COUNT
};

#endif
