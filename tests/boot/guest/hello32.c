// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A 32-bit program: built with -m32, it proves that the kernel runs one and that its system calls
 * work.
 */
#include <stdio.h>
#include <sys/utsname.h>

int main(void)
{
	struct utsname name;

	if (sizeof(void *) != 4 || uname(&name) < 0)
		return 1;
	printf("32-bit program on %s\n", name.release);
	return 0;
}
