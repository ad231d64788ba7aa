"""The workers of a bridge: starts their actors, and hands on what each says, prints and how it ends.

One loop in one thread serves all of them. Of each actor one `take` and one `write` are under way at a time; what
comes meanwhile waits and goes along with the next.
"""

import asyncio
import queue
import threading
import time

import ray
import worker_actor
from ray import cloudpickle

cloudpickle.register_pickle_by_value(worker_actor)  # a node of a cluster has no module of that name


class NotStarted(Exception):
    """A worker that does not run: `kind` is for the program, the text for people."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class Workers:
    def __init__(self, emit):
        """`emit(event, head, body)` tells the coordinator, and may block; it is called by one thread."""
        self._emit = emit
        self._outbox = Outbox()
        self._links = {}
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="workers", daemon=True).start()

    def start(self, answer, head, _items):
        """Starts a worker under a key that no other has; answers with its place once it runs."""
        key = head["worker"]
        link = self._links[key] = Link(head, self._outbox, lambda *event: self._tell(key, *event))
        asyncio.run_coroutine_threadsafe(self._start(link, key, answer), self._loop)

    def write(self, answer, head, items):
        """Bytes for a worker, in order, taken at once. Those for one that is gone go nowhere, as `worker.ended` tells."""
        if link := self._links.get(head["worker"]):
            for data in items:
                self._loop.call_soon_threadsafe(link.write, data)
        self._outbox.put(lambda: answer.give({}))

    def end(self, answer, head, _items):
        """Ends a worker at once, also one that is still being started; `worker.ended` tells when it is gone."""
        if link := self._links.get(head["worker"]):
            asyncio.run_coroutine_threadsafe(link.end(), self._loop)
        self._outbox.put(lambda: answer.give({}))

    def alive(self, answer, _head, _items):
        """Answers from the loop that serves the workers, with what is `lost` when the Ray that was joined is gone."""
        asyncio.run_coroutine_threadsafe(self._alive(answer), self._loop)

    async def _alive(self, answer):
        lost = await asyncio.to_thread(what_is_lost)
        self._outbox.put(lambda: answer.give({"lost": lost}))

    async def _start(self, link, key, answer):
        try:
            place = await link.start()
        except Exception as error:
            failure = error
            self._links.pop(key, None)
            self._outbox.put(lambda: answer.fail(failure))
        else:
            self._outbox.put(lambda: answer.give(place))
            link.serving = asyncio.ensure_future(link.serve())  # held: the loop itself holds tasks weakly

    def _tell(self, key, event, head, body=b""):
        if event == "worker.ended":
            self._links.pop(key, None)
        self._outbox.put(lambda: self._emit(event, {"worker": key, **head}, body), len(body))


class Link:
    """One worker's actor, as the loop sees it."""

    TAKE_WAIT_S = 0.5
    TAKE_BYTES_MAX = 1 << 20
    # A coordinator that does not read: until it does, a worker is kept alive and not listened to.
    FULL_WAIT_S = 0.02
    END_WAIT_S = 1.0

    def __init__(self, head, outbox, tell):
        self._head = head
        self._silence_s = head["silenceMs"] / 1000
        self._outbox = outbox
        self._tell = tell
        self._unwritten = bytearray()
        self._has_unwritten = asyncio.Event()
        self._actor = None
        self.serving = None

    async def start(self):
        """Resolves to where it runs."""
        head = self._head
        actor_class = ray.remote(worker_actor.WorkerActor)
        bounds = {"max_restarts": 0, "max_task_retries": 0, "max_concurrency": 4}
        arguments = (head["argv"], head["silenceMs"], head["folder"], head["environment"])
        self._actor = actor_class.options(**head["resources"], **bounds).remote(*arguments)
        try:
            await answered(self._actor.place.remote(), head["startMs"] / 1000)
            asked_s = time.monotonic()
            place = await answered(self._actor.place.remote(), self._silence_s)
            # A word there is a `write`, a word back a `take`.
            return {**place, "tripMs": 2000 * (time.monotonic() - asked_s)}
        except TimeoutError:
            ray.kill(self._actor)
            raise NotStarted("late", "Ray has not placed it") from None
        except ray.exceptions.RayActorError as error:
            raise NotStarted("dead", cause_of(error)) from error

    def write(self, data):
        self._unwritten += data
        self._has_unwritten.set()

    async def end(self):
        try:
            await answered(self._actor.end.remote(), self.END_WAIT_S)
        except Exception:
            ray.kill(self._actor)  # it died, was never placed or is stopped: `take` tells

    async def serve(self):
        """Until it has ended, one way or another."""
        writing = asyncio.ensure_future(self._write())
        try:
            reason, is_gone = await self._take(), True
        except TimeoutError:
            reason, is_gone = f"its Ray actor did not answer for {self._silence_s:g} s", False
        except Exception as error:
            reason, is_gone = f"its Ray actor died: {cause_of(error)}", False
        writing.cancel()
        ray.kill(self._actor)
        self._tell("worker.ended", {"reason": reason, "isGone": is_gone})

    async def _take(self):
        """Hands on what it says until it has ended; returns how."""
        while True:
            bytes_max = 0 if self._outbox.is_full() else self.TAKE_BYTES_MAX
            frames, prints, end = await answered(self._actor.take.remote(self.TAKE_WAIT_S, bytes_max), self._silence_s)
            for event, part in (("worker.printed", prints), ("worker.said", frames)):
                if part:
                    self._tell(event, {}, part)
            if end is not None:
                return end
            if bytes_max == 0:
                await asyncio.sleep(self.FULL_WAIT_S)

    async def _write(self):
        while True:
            await self._has_unwritten.wait()
            self._has_unwritten.clear()
            data = bytes(self._unwritten)
            self._unwritten.clear()
            try:
                await self._actor.write.remote(data)
            except Exception:
                return  # `take` tells what became of the actor


class Outbox:
    """Events on their way to the coordinator, which may be busy: the loop never waits for it."""

    BYTES_MAX = 1 << 24

    def __init__(self):
        self._sends = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._bytes = 0
        threading.Thread(target=self._run, name="workers' outbox", daemon=True).start()

    def is_full(self):
        return self._bytes >= self.BYTES_MAX

    def put(self, send, size=0):
        self._count(size)
        self._sends.put((send, size))

    def _run(self):
        while True:
            send, size = self._sends.get()
            send()
            self._count(-size)

    def _count(self, change):
        with self._lock:
            self._bytes += change


async def answered(ref, within_s):
    """What a call answers; raises `TimeoutError` and leaves it alone when that takes longer."""
    future = asyncio.ensure_future(awaited(ref))
    done, _ = await asyncio.wait({future}, timeout=within_s)
    if not done:
        raise TimeoutError()
    return future.result()


async def awaited(ref):
    return await ref


def what_is_lost():
    """What of Ray is gone that nothing works without: Ray itself takes a quarter of a minute to tell, or never does."""
    if not ray.is_initialized():
        return "the connection has ended"
    node = getattr(ray._private.worker, "_global_node", None)  # of a Ray that was started here
    ended = [name for name, _ in node.dead_processes()] if node is not None else []
    return next((f"{name} has ended" for name in ended if name in ("raylet", "gcs_server")), None)


def cause_of(error):
    """The one line of Ray's account of a death that says why."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("The actor is dead because")]
    return (causes or lines[-1:] or [type(error).__name__])[0][:400]
