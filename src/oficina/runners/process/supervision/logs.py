"""What a host prints, as lines with the time at which they came."""

from __future__ import annotations

import os
import time

# 256 KiB less 26 bytes of overhead is the largest event of CloudWatch Logs (PutLogEvents); Docker's awslogs
# driver splits longer lines at the same place.
LONGEST = 262_144 - 26
PAUSE_SECONDS = 0.02
"""Between two looks for room on a full disk."""


class Log:
    """One host's log file and the pipe that fills it."""

    def __init__(self, path: str, pipe: int) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self.pipe = pipe
        self.rest = b""
        self.unwritten = b""
        self.last = 0
        self.patient = True
        """Whether lines wait for room on the disk, and with them the program; else they are lost."""

    def pump(self) -> bool:
        """Move what is in the pipe into the file; False when all is there."""
        if self.unwritten and not self.store():
            time.sleep(PAUSE_SECONDS)
            return True
        data = os.read(self.pipe, 1 << 20)
        if not data:
            return not self.finish()
        self.write(*self.lines(data))
        return True

    def lines(self, data: bytes) -> list[bytes]:
        r"""Whole lines; a bare \r ends a line too, so that progress bars are seen while they move."""
        text = self.rest + data
        if b"\r" in text:
            # A \r at the very end may be half of \r\n.
            held = b"\r" if text.endswith(b"\r") else b""
            text = text[: len(text) - len(held)].replace(b"\r\n", b"\n")
            text = text.replace(b"\r", b"\n") + held
        *lines, self.rest = text.split(b"\n")
        while len(self.rest) > LONGEST:
            piece = cut(self.rest)
            lines.append(piece)
            self.rest = self.rest[len(piece) :]
        return lines

    def write(self, *lines: bytes) -> None:
        if not lines:
            return
        self.last = max(self.last, int(time.time() * 1000))
        stamp = b"%d " % self.last
        pieces = []
        for line in lines:
            while len(line) > LONGEST:
                piece = cut(line)
                pieces.append(piece)
                line = line[len(piece) :]
            pieces.append(line)
        self.unwritten += b"".join([b"%s%s\n" % (stamp, valid(piece)) for piece in pieces])
        self.store()

    def store(self) -> bool:
        """Write what is unwritten; False while the disk is full."""
        try:
            while self.unwritten:
                self.unwritten = self.unwritten[os.write(self.file, self.unwritten) :]
        except OSError:
            if self.patient:
                return False
            self.unwritten = b""
        return True

    def finish(self) -> bool:
        """Write the line that has no end, and close; False while the disk is full."""
        last, self.rest = self.rest.rstrip(b"\r"), b""
        if last:
            self.write(last)
        if self.unwritten:
            return False
        os.close(self.pipe)
        os.close(self.file)
        return True


def cut(line: bytes) -> bytes:
    """The first piece of a line that is too long, not ending within a character."""
    end = LONGEST
    while end > LONGEST - 4 and line[end] & 0xC0 == 0x80:
        end -= 1
    return line[:end]


def valid(line: bytes) -> bytes:
    """The line as UTF-8, with U+FFFD for what is not."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode(errors="replace").encode()
    return line
