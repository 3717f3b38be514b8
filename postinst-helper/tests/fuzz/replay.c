/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target over files, without libFuzzer: any compiler, any sanitizer, coverage.
 * usage: replay-TARGET FILE...
 */
#include "fuzz.h"

static int run_file(const char *path)
{
	uint8_t *data = malloc((size_t)1 << 20);
	FILE *f = fopen(path, "rb");
	size_t size;

	if (!data || !f) {
		fprintf(stderr, "replay: cannot read %s\n", path);
		free(data);
		return 1;
	}
	size = fread(data, 1, (size_t)1 << 20, f);
	fclose(f);
	/* An allocation of exactly this size lets the sanitizer see one byte too far. */
	data = realloc(data, size > 0 ? size : 1);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	int status = LLVMFuzzerTestOneInput(NULL, 0);

	for (int i = 1; i < argc; i++)
		status |= run_file(argv[i]);
	printf("%d inputs\n", argc);
	return status;
}
