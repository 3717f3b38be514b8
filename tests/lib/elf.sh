# SPDX-License-Identifier: GPL-2.0-or-later
# Judges by its headers how a program was compiled and linked: what checksec looks for. Source it; it runs nothing of the
# program and knows no package.
# shellcheck shell=sh

# weaknesses FILE: one word for each property that a hardened program has and this file lacks.
weaknesses() {
	elf_text=$(readelf -W -h -l -d -S --dyn-syms "$1") || return
	elf_lacks() {
		printf '%s\n' "$elf_text" | grep -Eq "$2" || echo "$1"
	}
	elf_has() {
		! printf '%s\n' "$elf_text" | grep -Eq "$2" || echo "$1"
	}
	elf_lacks pie 'FLAGS_1.* PIE'
	elf_lacks relro '^ *GNU_RELRO '
	elf_lacks bind-now 'FLAGS_1.* NOW'
	elf_lacks nx '^ *GNU_STACK .* RW +0x'
	elf_lacks canary ' __stack_chk_fail@'
	elf_lacks fortify ' __[a-z]+_chk@'
	elf_has rpath '\((RPATH|RUNPATH)\)'
	elf_has symbols ' \.symtab '
	elf_has writable-code '^ *LOAD .* RWE '
	[ -z "$(find "$1" -perm /6000)" ] || echo set-id
}
