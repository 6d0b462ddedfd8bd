"""Writes down who opens files and folders of a file system.

Usage: audit_opens.py MOUNTPOINT REPORT. For each open it adds a line to REPORT: the
user id that the kernel checks rights with, the program's name, and the path. The
kernel holds each open until the line is written, so no process escapes by ending
early. Needs root. Ends with SIGTERM.
"""

import ctypes
import os
import struct
import sys

CLASS_CONTENT = 0x4
MARK_ADD = 0x1
MARK_FILESYSTEM = 0x100
OPEN_PERMISSION = 0x10000
ON_FOLDERS = 0x40000000
ALLOW = 0x1
# event_len, vers, reserved, metadata_len, mask, fd, pid
EVENT = struct.Struct("=IBBHQii")
RESPONSE = struct.Struct("=iI")


def check(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def who(pid):
    try:
        with open(f"/proc/{pid}/status") as file:
            status = dict(line.split(":", 1) for line in file)
    except FileNotFoundError:
        # A process that this pid namespace does not show.
        return "unknown unknown"
    return f"{status['Uid'].split()[3]} {status['Name'].strip()}"


def main(mountpoint, report):
    libc = ctypes.CDLL(None, use_errno=True)
    group = check(libc.fanotify_init(CLASS_CONTENT, os.O_RDONLY))
    mask = ctypes.c_uint64(OPEN_PERMISSION | ON_FOLDERS)
    flags = MARK_ADD | MARK_FILESYSTEM
    check(libc.fanotify_mark(group, flags, mask, -100, os.fsencode(mountpoint)))
    with open(report, "w", buffering=1) as lines:
        while True:
            events = os.read(group, 4096)
            at = 0
            while at < len(events):
                length, _, _, _, _, file, pid = EVENT.unpack_from(events, at)
                at += length
                path = os.readlink(f"/proc/self/fd/{file}")
                print(who(pid), path, file=lines)
                os.write(group, RESPONSE.pack(file, ALLOW))
                os.close(file)


main(*sys.argv[1:])
