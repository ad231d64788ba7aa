"""A worker of a coalition as a Ray actor: it hosts a Node process and hands bytes on between it and the bridge.

The class travels to its node by value, so that a node needs Node, this package and the agents' module at the paths
that `argv` names, and nothing of this in Python. Of `write` and of `take` one call is under way at a time: calls that
overlap would arrive in any order.
"""

import os
import signal
import socket
import subprocess
import threading
import time


class WorkerActor:
    CHUNK_BYTES = 1 << 18
    # What has not been taken yet; with more the child waits at its pipe, as before a slow parent.
    UNTAKEN_BYTES_MAX = 1 << 23
    BEAT_EVERY_S = 0.2

    def __init__(self, argv, silence_ms, folder, environment):
        """Starts `argv SILENCE_MS PARENT_PID CHANNEL_FD PULSE_FD` in that folder, if this node has it, with that
        environment (None: the node's own). It and this actor end when the bridge is silent for that long.
        """
        self._silence_s = silence_ms / 1000
        self._change = threading.Condition()
        self._frames = bytearray()
        self._prints = bytearray()
        self._exit = None
        self._heard_s = time.monotonic()
        self._beaten_s = 0.0
        channel, self._pulse, prints = self._start(argv, silence_ms, folder, environment)
        self._channel = channel
        readers = [
            self._thread(self._read, lambda: channel.recv(self.CHUNK_BYTES), self._frames),
            self._thread(self._read, lambda: os.read(prints, self.CHUNK_BYTES), self._prints),
        ]
        self._thread(self._await_exit, readers)
        self._thread(self._watch)

    def place(self):
        """The child's pid; which processes they are, in words that tell whether somebody else is on their machine."""
        pids = (self._child.pid, os.getpid())
        processes = [{"pid": pid, "startedAt": started_at(pid)} for pid in pids]
        return {"pid": self._child.pid, "machine": machine(), "processes": processes}

    def write(self, data):
        """Hands bytes on to the child; with a child that does not read it waits."""
        self._beat()
        try:
            self._channel.sendall(data)
        except OSError:
            pass  # the child is gone, as `take` tells

    def take(self, wait_s, bytes_max):
        """What the child has said and printed since, up to so many bytes of each, and how it ended once that is all."""
        self._beat()
        with self._change:
            self._change.wait_for(lambda: self._frames or self._prints or self._exit, wait_s)
            frames, prints = self._cut(self._frames, bytes_max), self._cut(self._prints, bytes_max)
            is_all = not self._frames and not self._prints
            self._change.notify_all()
            return frames, prints, self._exit if is_all else None

    def end(self):
        """Kills the child, whatever it does; returns when it is gone."""
        self._child.kill()
        self._child.wait()

    def _start(self, argv, silence_ms, folder, environment):
        channel, child_channel = socket.socketpair()
        child_pulse, pulse = os.pipe()
        prints, child_prints = os.pipe()
        for fd in (child_pulse, pulse):
            os.set_blocking(fd, False)
        inherited = (child_channel.fileno(), child_pulse)
        numbers = [str(number) for number in (silence_ms, os.getpid(), *inherited)]
        try:
            self._child = subprocess.Popen(
                [*argv, *numbers],
                stdin=subprocess.DEVNULL,
                stdout=child_prints,
                stderr=child_prints,
                pass_fds=inherited,
                cwd=folder if os.path.isdir(folder) else None,
                env=environment,
            )
        finally:
            child_channel.close()
            for fd in (child_pulse, child_prints):
                os.close(fd)
        return channel, pulse, prints

    def _thread(self, run, *args):
        thread = threading.Thread(target=run, args=args, daemon=True)
        thread.start()
        return thread

    def _read(self, read, into):
        while chunk := self._chunk(read):
            with self._change:
                self._change.wait_for(lambda: len(into) < self.UNTAKEN_BYTES_MAX)
                into += chunk
                self._change.notify_all()

    def _chunk(self, read):
        try:
            return read()
        except OSError:
            return b""  # reset, as by a child that was killed with bytes unread

    def _await_exit(self, readers):
        code = self._child.wait()
        readers[0].join()
        # What it printed may be held open by a process that it started.
        readers[1].join(self.BEAT_EVERY_S)
        with self._change:
            self._exit = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            self._change.notify_all()

    def _beat(self):
        now_s = self._heard_s = time.monotonic()
        if now_s - self._beaten_s < self.BEAT_EVERY_S:
            return
        self._beaten_s = now_s
        try:
            os.write(self._pulse, b".")
        except OSError:
            pass  # full, which is pulse enough, or the child is gone

    def _watch(self):
        """Whoever is not wanted any more leaves: the bridge may be gone without anybody to tell."""
        while time.monotonic() - self._heard_s < self._silence_s:
            time.sleep(self.BEAT_EVERY_S)
        self._child.kill()
        os._exit(1)

    @staticmethod
    def _cut(held, bytes_max):
        part = bytes(held[:bytes_max])
        del held[:bytes_max]
        return part


def machine():
    """The same text in two processes if one could signal the other; None where that cannot be told."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as boot:
            return f"{boot.read().strip()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return None


def started_at(pid):
    """When that process started, in its kernel's ticks: its pid may be another's later."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[19]
    except OSError:
        return None
