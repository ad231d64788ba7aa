"""
The queue operations of the bridge. Each queue is a `ray.util.queue.Queue` and has a line of its own: one thread
that puts and one that gets, each with one call in flight, because calls of one caller in flight together can
overtake one another. A call costs the same whatever its size, so everything that waits goes into the next one.
"""

import collections
import threading

import ray
from ray.util.queue import Empty, Full, Queue

# Arguments of 100 to 200 KiB are the slowest of all: they are too large to travel with the call, and too small
# to be worth the way through the object store.
SMALL_BYTES_MAX = 96 * 1024
LARGE_BYTES_MIN = 200 * 1024
PUT_BYTES_MAX = 512 * 1024


class Refused(Exception):
    """An operation that did not happen: `kind` is for the program, the text for people."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class Request:
    """Something asked of a line, and where its outcome goes."""

    def __init__(self, answer, items=None, size=0, count=0):
        self.answer = answer
        self.items = items
        self.size = size
        self.count = count


class Worker:
    """A thread that serves whatever waits, all of it together if `take` says so."""

    def __init__(self, name, take, serve):
        self._waiting = collections.deque()
        self._changed = threading.Condition()
        self._take = take
        self._serve = serve
        self._ended = False
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def add(self, request):
        with self._changed:
            self._waiting.append(request)
            self._changed.notify()

    def end(self):
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _run(self):
        while True:
            with self._changed:
                while not self._waiting and not self._ended:
                    self._changed.wait()
                if self._ended:
                    return
                requests = self._take(self._waiting)
            self._serve(requests)


def take_all(waiting):
    requests = list(waiting)
    waiting.clear()
    return requests


def take_puts(waiting):
    """From the front as much as one call carries well; one request at least."""
    sizes = [0]
    for request in waiting:
        sizes.append(sizes[-1] + request.size)
        if sizes[-1] > PUT_BYTES_MAX:
            break
    fitting = [total for total in sizes[1:] if total <= PUT_BYTES_MAX]
    if fitting and SMALL_BYTES_MAX < fitting[-1] < LARGE_BYTES_MIN:
        fitting = [total for total in fitting if total <= SMALL_BYTES_MAX]
    return [waiting.popleft() for _ in range(max(1, len(fitting)))]


class Line:
    """One queue and the two threads that alone put into it and get from it."""

    def __init__(self, name, queue):
        self.queue = queue
        self._putting = Worker(f"put {name}", take_puts, self._put)
        self._getting = Worker(f"get {name}", take_all, self._get)

    def put(self, request):
        self._putting.add(request)

    def get(self, request):
        self._getting.add(request)

    def end(self):
        self._putting.end()
        self._getting.end()

    def _put(self, requests):
        try:
            self.queue.put_nowait_batch([item for request in requests for item in request.items])
        except Full:
            if len(requests) == 1:
                return requests[0].answer.fail(Refused("full", f"no room for {len(requests[0].items)} messages"))
            for request in requests:
                self._put([request])
        except Exception as error:
            for request in requests:
                request.answer.fail(error)
        else:
            for request in requests:
                request.answer.give({})

    def _get(self, requests):
        try:
            items = self.queue.get_nowait_batch(sum(request.count for request in requests))
        except Empty:
            if len(requests) == 1:
                return requests[0].answer.fail(Refused("empty", f"there are not {requests[0].count} messages"))
            for request in requests:
                self._get([request])
        except Exception as error:
            for request in requests:
                request.answer.fail(error)
        else:
            start = 0
            for request in requests:
                request.answer.give_items(items[start : start + request.count])
                start += request.count


class Queues:
    """The queues that this bridge has open, by name."""

    def __init__(self):
        self._lines = {}

    def open(self, head, _items):
        """The queue of that name: as it stands, or (`replace`) a new and empty one."""
        name = head["queue"]
        self._forget(name)
        if head["replace"]:
            kill_named(name)
        options = {
            "name": name,
            "lifetime": "detached",
            "get_if_exists": not head["replace"],
            "max_restarts": 0,
            "num_cpus": 0,
        }
        queue = Queue(maxsize=head["depthMax"], actor_options=options)
        size = queue.qsize()
        self._lines[name] = Line(name, queue)
        return {"size": size}

    def put(self, answer, head, items):
        size = sum(len(item) for item in items)
        self._line(head).put(Request(answer, items=items, size=size))

    def get(self, answer, head, _items):
        self._line(head).get(Request(answer, count=head["count"]))

    def size(self, head, _items):
        return {"size": self._line(head).queue.qsize()}

    def purge(self, head, _items):
        """Ends the queues of these names, whoever has made them."""
        for name in head["queues"]:
            self._forget(name)
            kill_named(name)
        return {}

    def _line(self, head):
        line = self._lines.get(head["queue"])
        if line is None:
            raise Refused("closed", f"the queue {head['queue']} is not open here")
        return line

    def _forget(self, name):
        line = self._lines.pop(name, None)
        if line is not None:
            line.end()


def kill_named(name):
    try:
        actor = ray.get_actor(name)
    except ValueError:
        return
    ray.kill(actor, no_restart=True)
