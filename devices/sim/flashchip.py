"""A board's flash in memory, as littlefs meets it on an `esp32.Partition`: blocks of 4 KiB that are erased whole.

A bit goes from 1 to 0 by writing and back by erasing only. Every operation can be written down, so that a power cut at any
of them can be played afterwards; erases are counted block by block, since they are what wears.
"""

import os

import vfs

BLOCK = 4096
ERASED = b"\xff" * BLOCK
PLACE = "/disk"


class Flash:
    """Blocks of flash; `content` is taken as it is, not copied."""

    def __init__(self, blocks: int, content: bytearray | None = None):
        self.content = bytearray(ERASED * blocks) if content is None else content
        self._view = memoryview(self.content)
        self.erases = [0] * blocks
        self.writes = 0
        self.overwritten = 0
        """Writes where nothing had been erased: littlefs must not need any."""
        self.log: list[tuple] | None = None
        """Operations (block, offset, bytes, or None for an erase) since it was made a list."""
        self.on_operation = lambda operation: None

    def readblocks(self, block: int, into, offset: int = 0) -> None:
        """Read some bytes."""
        start = block * BLOCK + offset
        into[:] = self._view[start : start + len(into)]

    def writeblocks(self, block: int, content, offset: int = 0) -> None:
        """Write some bytes where the block was erased."""
        self._begin((block, offset, bytes(content)))
        self.writes += 1
        start = block * BLOCK + offset
        if self._view[start : start + len(content)] != ERASED[: len(content)]:
            self.overwritten += 1
            content = bytes(old & new for old, new in zip(self._view[start : start + len(content)], content))
        self._view[start : start + len(content)] = content

    def ioctl(self, operation: int, argument: int) -> int:
        """Size, or an erase; there is nothing to be flushed."""
        if operation == 4:
            return len(self.erases)
        if operation == 5:
            return BLOCK
        if operation == 6:
            self._begin((argument, 0, None))
            self.erases[argument] += 1
            perform(self.content, (argument, 0, None))
        return 0

    def _begin(self, operation: tuple) -> None:
        self.on_operation(operation)
        if self.log is not None:
            self.log.append(operation)

    def format(self) -> None:
        """Put an empty file system on it."""
        vfs.VfsLfs2.mkfs(self)

    def mount(self) -> None:
        """Make it the board's disk and the current folder."""
        vfs.mount(vfs.VfsLfs2(self), PLACE)
        os.chdir(PLACE)

    def unmount(self) -> None:
        """Take it away; whatever was open is lost."""
        os.chdir("/")
        vfs.umount(PLACE)


def perform(content: bytearray, operation: tuple, part: int = BLOCK) -> None:
    """Do the first `part` bytes of an operation on bytes of a flash."""
    block, offset, written = operation
    written = (ERASED if written is None else written)[:part]
    start = block * BLOCK + offset
    content[start : start + len(written)] = written


class FlashFile:
    """Flash that outlives the process, for boards that lose their power in earnest; `start` is where these blocks begin in the file."""

    def __init__(self, path: str, blocks: int, start: int = 0):
        self._blocks = blocks
        self._start = start
        self._left = -1
        self._die = None
        self.fresh = not exists(path)
        if self.fresh:
            with open(path, "wb") as file:
                for _ in range(blocks):
                    file.write(ERASED)
        self._file = open(path, "r+b")

    def dies_after(self, operations: int, die) -> None:
        """Call `die`, which does not return, in the middle of this operation, and at whatever is tried after it."""
        self._left, self._die = operations, die

    def readblocks(self, block: int, into, offset: int = 0) -> None:
        """Read some bytes."""
        self._file.seek(self._start + block * BLOCK + offset)
        self._file.readinto(into)

    def writeblocks(self, block: int, content, offset: int = 0) -> None:
        """Write some bytes where the block was erased."""
        self._write(block * BLOCK + offset, content)

    def ioctl(self, operation: int, argument: int) -> int:
        """Size, or an erase."""
        if operation == 4:
            return self._blocks
        if operation == 5:
            return BLOCK
        if operation == 6:
            self._write(argument * BLOCK, ERASED)
        return 0

    def _write(self, start: int, content) -> None:
        if self._left == 0:
            self._die()
        self._left -= 1
        self._file.seek(self._start + start)
        self._file.write(content if self._left else bytes(content)[: len(content) // 2])
        if self._left == 0:
            self._die()


def exists(path: str) -> bool:
    """Is there such a file?"""
    try:
        os.stat(path)
    except OSError:
        return False
    return True
