/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every fuzz target shares: the entry point's name, and a check that holds in every build.
 * A target states properties of its codec; a broken one stops the program like any memory error.
 */
#ifndef IK_TESTS_FUZZ_H
#define IK_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Called by libFuzzer and by replay.c; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROPERTY(condition, what)                                                                  \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: property broken: %s\n", __FILE__, __LINE__, what); \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The input as a C string of its own; the caller frees it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif
