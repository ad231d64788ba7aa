"""
The Python side of lib/ray/bridge.ts: a process that does with Ray what it is told over stdin, and says over stdout
what came of it. It leaves when stdin ends, within 2 s, whatever hangs in it.

A request {"id", "op", …} is answered by {"id", …} or {"id", "error": {"kind", "message"}}. What nobody asked for
(`event`) has no id. What to do for an `op` stands in one table, `Bridge.operations`.
"""

import concurrent.futures
import importlib.util
import os
import queue
import secrets
import shutil
import signal
import sys
import threading

# Everything that prints (Ray does, and what it starts) goes to stderr; stdout is for frames alone.
FRAMES_OUT = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)

from frames import FrameReader, FrameWriter, cut, joined  # noqa: E402

LEAVE_S_MAX = 1.5
CALLS_AT_ONCE = 16


class Answer:
    """Where the outcome of one request goes."""

    def __init__(self, writer, request_id):
        self._writer = writer
        self._id = request_id

    def give(self, head, body=b""):
        self._writer.write({"id": self._id, **head}, body)

    def give_items(self, items):
        sizes, body = joined(items)
        self.give({"sizes": sizes}, body)

    def fail(self, error):
        self._writer.write({"id": self._id, "error": described(error)})


class Missing(Exception):
    """A part of Ray that is not installed."""

    kind = "missing"


def make_private(folder):
    """Has a Ray that is started next keep its files here, and answer those alone who can read its token."""
    token = os.path.join(folder, "token")
    with open(os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
    os.environ |= {
        "RAY_TMPDIR": folder,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": token,
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    os.environ.pop("RAY_AUTH_TOKEN", None)


def described(error):
    """What went wrong, as a kind that a program can tell apart and a line for people."""
    # What was thrown inside an actor comes wrapped, with its traceback for a text.
    error = getattr(error, "cause", None) or error
    kind = getattr(error, "kind", None)
    if kind is None:
        names = {base.__name__ for base in type(error).__mro__}
        kind = "dead" if "RayActorError" in names else "failed"
    text = str(error).strip() or type(error).__name__
    return {"kind": kind, "message": text.splitlines()[0], "type": type(error).__name__}


class Bridge:
    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        # Ray's processes live as long as the thread that has started them, so that is the main one.
        self._main_jobs = queue.SimpleQueue()
        self._pool = concurrent.futures.ThreadPoolExecutor(CALLS_AT_ONCE)
        self._local_folder = None
        self.operations = {"join": self._join}

    def run(self):
        threading.Thread(target=self._read, daemon=True).start()
        while True:
            self._main_jobs.get()()

    def emit(self, event, head, body=b""):
        """Tells Node what it has not asked for."""
        self._writer.write({"event": event, **head}, body)

    def in_pool(self, operation):
        """An operation (head, items) -> head that may take its time."""

        def start(answer, head, items):
            self._pool.submit(self._answered, operation, answer, head, items)

        return start

    def _answered(self, operation, answer, head, items):
        try:
            answer.give(operation(head, items))
        except Exception as error:
            answer.fail(error)

    def _read(self):
        try:
            for frame in iter(self._reader.next, None):
                self._dispatch(*frame)
        finally:
            self._leave()

    def _dispatch(self, head, body):
        answer = Answer(self._writer, head["id"])
        try:
            operation = self.operations[head["op"]]
            operation(answer, head, cut(head["sizes"], body) if "sizes" in head else body)
        except Exception as error:
            answer.fail(error)

    def _join(self, answer, head, _items):
        self._main_jobs.put(lambda: self._answered(self._init, answer, head, None))

    def _init(self, head, _items):
        address = head["init"]["address"]
        if "://" in address and importlib.util.find_spec("grpc") is None:
            raise Missing("a Ray Client address needs more of Ray than is there: pip install 'ray[client]'")
        self._local_folder = head.get("localFolder")
        if self._local_folder is not None:
            make_private(self._local_folder)
        import ray

        context = ray.init(**head["init"])
        self._add_operations()
        return {
            "address": getattr(context, "address_info", {}).get("gcs_address", address),
            "rayVersion": ray.__version__,
            "pythonVersion": ".".join(map(str, sys.version_info[:3])),
        }

    def _add_operations(self):
        from queues import Queues
        from workers import Workers

        queues = Queues()
        workers = Workers(self.emit)
        self.operations |= {
            "queue.open": self.in_pool(queues.open),
            "queue.size": self.in_pool(queues.size),
            "queue.purge": self.in_pool(queues.purge),
            "queue.put": queues.put,
            "queue.get": queues.get,
            "worker.start": workers.start,
            "worker.write": workers.write,
            "worker.end": workers.end,
            "worker.alive": workers.alive,
        }

    def _leave(self):
        """Takes leave of Ray if that goes quickly, and goes anyway."""
        watch = threading.Timer(LEAVE_S_MAX, self._exit)
        watch.daemon = True
        watch.start()
        self._main_jobs.put(self._shut_down)

    def _shut_down(self):
        ray = sys.modules.get("ray")
        if ray is not None:
            ray.shutdown()
        self._exit()

    def _exit(self):
        if self._local_folder is not None:
            shutil.rmtree(self._local_folder, ignore_errors=True)
            # Agents of Ray that outlive its shutdown are of this group; it is ours alone if we lead it.
            if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
                os.killpg(os.getpid(), signal.SIGKILL)
        os._exit(0)


if __name__ == "__main__":
    Bridge(FrameReader(sys.stdin.buffer), FrameWriter(FRAMES_OUT)).run()
