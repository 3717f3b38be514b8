# SPDX-License-Identifier: GPL-2.0-or-later
"""Small synthetic kernel images: structurally valid, but they boot nowhere.

The layouts follow the kernel's own documents (arch/x86/boot.rst, arch/arm64/booting.rst) and the ELF and PE formats.
It knows nothing of WSL, of the program under test or of where the images go.
"""

import random
import struct

SECTOR = 512
SETUP_SECTORS = 7  # with the boot sector 8 sectors = 4 KiB, as current kernels have
SETUP_END = (SETUP_SECTORS + 1) * SECTOR
VERSION_AT = 0x300  # where the bzImage's version string lies
LOAD_ADDRESS = 0x1000000
PAGE = 0x1000

MIN_SIZE = 64 * 1024
MAX_SIZE = 256 * 1024 * 1024

EM_386, EM_X86_64, EM_AARCH64 = 3, 62, 183
PE_I386, PE_X86_64 = 0x014C, 0x8664

IDLE = bytes.fromhex("fa f4 eb fd")  # cli; hlt; jmp back to hlt


class ImageError(ValueError):
    """The image that was asked for cannot be made."""


def banner(release, build=1):
    """The text that every Linux kernel carries and that /proc/version shows."""
    return (f"Linux version {release} (sim@wslsim) (synthetic 1.0) "
            f"#{build} SMP PREEMPT_DYNAMIC Thu Jan  1 00:00:00 UTC 1970\n")


def filler(size, seed):
    """Bytes that look like code: the same for the same seed, different for another, never all zero."""
    return random.Random(f"wslsim {seed}").randbytes(size)


def check_request(release, size):
    """Refuses what no kernel could have."""
    if not release or len(release) > 64 or not release.isascii() or not release.isprintable() or " " in release:
        raise ImageError(f"release {release!r}: 1 to 64 printable ASCII characters without blanks are needed")
    if size % 16 or not MIN_SIZE <= size <= MAX_SIZE:
        raise ImageError(f"size {size}: a multiple of 16 from {MIN_SIZE} to {MAX_SIZE} is needed")


def pe_header(machine, total):
    """DOS stub and PE/COFF headers as CONFIG_EFI_STUB puts them before the setup header; they end below 0x1f1."""
    dos = struct.pack("<2s58xI", b"MZ", 0x40)
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", machine, 1, 0, 0, 0, 112, 0x206)
    code = total - SETUP_END
    optional = struct.pack("<HBBIIIII", 0x20B, 2, 20, code, 0, 0, SETUP_END, SETUP_END)
    optional += struct.pack("<QIIHHHHHHIIIIHHQQQQII", 0, PAGE, SECTOR, 0, 0, 3, 0, 0, 0, 0,
                            total, SETUP_END, 0, 10, 0x100, 0, 0, 0, 0, 0, 0)
    section = struct.pack("<8sIIIIIIHHI", b".text", code, SETUP_END, code, SETUP_END, 0, 0, 0, 0, 0x60000020)
    return dos + coff + optional + section


def setup_header(total):
    """The x86 boot protocol header, version 2.15, from offset 0x1f1 on."""
    head = struct.pack("<BHIHHHH", SETUP_SECTORS, 1, (total - SETUP_END) // 16, 0, 0xFFFF, 0, 0xAA55)
    head += struct.pack("<BB4sHIHHBBHIIIIHBB", 0xEB, 0x6A, b"HdrS", 0x020F, 0, 0x1000, VERSION_AT - SECTOR,
                        0, 0x01, 0x8000, 0x100000, 0, 0, 0, 0x5600, 0, 0)
    head += struct.pack("<IIIBBHIIQIIQQIII", 0, 0x7FFFFFFF, 0x200000, 1, 21, 0x3F, 2047, 0, 0,
                        0x200, total - SETUP_END - 0x200, 0, LOAD_ADDRESS, total * 2, 0, 0)
    return head


def bzimage(release, size, seed, efi=True, machine=PE_X86_64):
    """A bzImage: boot sector, setup code with the version string, then the protected-mode part."""
    check_request(release, size)
    image = bytearray(SETUP_END) + filler(size - SETUP_END, seed)
    if efi:
        header = pe_header(machine, size)
        image[:len(header)] = header
    header = setup_header(size)
    image[0x1F1:0x1F1 + len(header)] = header
    version = f"{release} (sim@wslsim) #1 SMP PREEMPT_DYNAMIC Thu Jan  1 00:00:00 UTC 1970\0".encode()
    image[VERSION_AT:VERSION_AT + len(version)] = version
    image[SETUP_END:SETUP_END + len(IDLE)] = IDLE
    image[SETUP_END + 0x200:SETUP_END + 0x200 + len(IDLE)] = IDLE  # the 64-bit entry point
    return image


def elf_segments(size):
    """(type, flags, file offset, address, size in file, size in memory) of each program header."""
    middle = (PAGE + (size - PAGE) // 2) // PAGE * PAGE
    note = (4, 4, PAGE - 0x20, LOAD_ADDRESS - 0x20, 20, 20)
    text = (1, 5, PAGE, LOAD_ADDRESS, middle - PAGE, middle - PAGE)
    data = (1, 6, middle, LOAD_ADDRESS + middle - PAGE, size - 0x200 - middle, size + PAGE - middle)
    return [text, data, note]


def elf_sections(segments, size):
    """The last 512 bytes of the file: the names of the sections, then their headers, as objcopy leaves them."""
    names = b"\0.text\0.data\0.notes\0.shstrtab\0"
    rows = [(0, 0, 0, 0, 0, 0)]
    for name, kind, flags, (_, _, offset, address, length, _) in zip((1, 7, 13), (1, 1, 7), (6, 3, 2), segments):
        rows.append((name, kind, flags, address, offset, length))
    rows.append((20, 3, 0, 0, size - 0x200, len(names)))
    table = b"".join(struct.pack("<IIQQQQIIQQ", *row, 0, 0, 4 if row[1] else 0, 0) for row in rows)
    return names.ljust(0x200 - len(table), b"\0") + table


def elf(release, size, seed, machine=EM_X86_64):
    """A stripped vmlinux: two PT_LOAD segments, the PVH entry note, the banner in the data."""
    check_request(release, size)
    segments = elf_segments(size)
    head = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, LOAD_ADDRESS, 64, size - 5 * 64, 0, 64, 56,
                        len(segments), 64, 5, 4)
    for kind, flags, offset, address, in_file, in_memory in segments:
        head += struct.pack("<IIQQQQQQ", kind, flags, offset, address, address, in_file, in_memory,
                            4 if kind == 4 else PAGE)
    image = bytearray(head.ljust(PAGE, b"\0")) + filler(size - PAGE, seed)
    image[PAGE - 0x20:PAGE - 12] = struct.pack("<III4sI", 4, 4, 18, b"Xen\0", LOAD_ADDRESS)
    image[PAGE:PAGE + len(IDLE)] = IDLE
    text = banner(release).encode() + b"\0"
    at = segments[1][2] + 0x100
    image[at:at + len(text)] = text
    image[size - 0x200:] = elf_sections(segments, size)
    return image


def arm64(release, size, seed):
    """An uncompressed arm64 Image without the EFI stub's PE header."""
    check_request(release, size)
    head = struct.pack("<IIQQQQQQ4sI", 0x14000010, 0, 0, size + 0x10000, 0xA, 0, 0, 0, b"ARM\x64", 0)
    image = bytearray(head) + filler(size - len(head), seed)
    text = banner(release).encode() + b"\0"
    image[PAGE:PAGE + len(text)] = text
    return image


MAKERS = {"bzimage": bzimage, "elf": elf, "arm64": arm64}


def damage_truncated(image, kind):
    """The last quarter is missing, as after a copy that stopped."""
    del image[len(image) * 3 // 4:]


def damage_tail(image, kind):
    """Only the last byte is missing."""
    del image[-1:]


def damage_header(image, kind):
    """The first sector is zero, as the in-place protocol leaves it until the end."""
    image[:SECTOR] = bytes(SECTOR)


def damage_machine(image, kind):
    """The image is for another processor."""
    if kind == "elf":
        struct.pack_into("<H", image, 18, EM_AARCH64)
    elif kind == "bzimage":
        struct.pack_into("<H", image, 0x44, PE_I386)
        struct.pack_into("<H", image, 0x236, 0)  # no 64-bit entry
    else:
        image[56:60] = b"RISC"


def damage_outside(image, kind):
    """A part that the header names lies beyond the end of the file."""
    if kind == "elf":
        struct.pack_into("<Q", image, 64 + 56 + 8, len(image) - 16)  # second segment's offset
    elif kind == "bzimage":
        struct.pack_into("<I", image, 0x1F4, len(image) // 16 + 1)
    else:
        struct.pack_into("<Q", image, 16, len(image) // 2)  # image_size below the file's size


def damage_release(image, kind):
    """No release can be read: version pointer outside the setup code, or no banner."""
    if kind == "bzimage":
        struct.pack_into("<H", image, 0x20E, 0xFFF0)
        return
    at = image.index(b"Linux version ")
    image[at:at + 5] = b"XXXXX"


DAMAGES = {
    "truncated": damage_truncated, "tail": damage_tail, "header": damage_header,
    "machine": damage_machine, "outside": damage_outside, "release": damage_release,
}


def make(kind, release, size, seed, damage=None, efi=True):
    """The bytes of an image of the given kind; ImageError when it cannot exist."""
    options = {"efi": efi} if kind == "bzimage" else {}
    image = MAKERS[kind](release, size, seed, **options)
    if damage:
        DAMAGES[damage](image, kind)
    return bytes(image)
