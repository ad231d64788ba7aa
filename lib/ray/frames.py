"""
Frames over two byte streams, the same both ways as lib/ray/frames.ts has them:

    u32 length, big-endian | head, one line of JSON | line break | bytes that nobody here looks into
"""

import json
import struct
import threading

LENGTH = struct.Struct(">I")


class FrameReader:
    """Frames from a stream, one at a time; None at its end, also where it ends amid a frame."""

    def __init__(self, stream):
        self._stream = stream

    def next(self):
        length = self._exactly(LENGTH.size)
        if length is None:
            return None
        frame = self._exactly(LENGTH.unpack(length)[0])
        if frame is None:
            return None
        end = frame.find(b"\n")
        if end == -1:
            return json.loads(frame), b""
        return json.loads(frame[:end]), frame[end + 1 :]

    def _exactly(self, size):
        data = self._stream.read(size)
        return data if len(data) == size else None


class FrameWriter:
    """Frames to a stream, whole, whichever threads write."""

    def __init__(self, stream):
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, head, body=b""):
        line = json.dumps(head, separators=(",", ":")).encode()
        length = LENGTH.pack(len(line) + 1 + len(body))
        with self._lock:
            self._stream.write(b"".join((length, line, b"\n", body)))
            self._stream.flush()


def joined(items):
    """Items as one body, and the sizes by which `cut` parts them again."""
    return [len(item) for item in items], b"".join(items)


def cut(sizes, body):
    items = []
    start = 0
    for size in sizes:
        items.append(body[start : start + size])
        start += size
    return items
