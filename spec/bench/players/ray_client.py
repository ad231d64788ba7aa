"""The native Python client of a Ray queue, as its documentation says: ray_client.py ADDRESS SETTING, as a side of a row."""

import json
import os
import sys
import time

# Whatever prints goes to stderr; answers are on the first stdout alone.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import ray  # noqa: E402
from ray.util.queue import Queue  # noqa: E402


def say(line):
    print(json.dumps(line), file=answers, flush=True)


def played(queue, messages, by):
    """Puts all and gets all, so many a call; messages a second."""
    began = time.perf_counter()
    padding = "x" * 75
    for first in range(1, messages + 1, by):
        batch = range(first, min(first + by, messages + 1))
        queue.put_nowait_batch([json.dumps({"n": n, "padding": padding}).encode() for n in batch])
    total = 0
    for first in range(1, messages + 1, by):
        items = queue.get_nowait_batch(min(by, messages + 1 - first))
        total += sum(json.loads(item)["n"] for item in items)
    seconds = time.perf_counter() - began
    if total != messages * (messages + 1) // 2:
        raise ValueError(f"the sum of what was got: {total}")
    return messages / seconds


setting = json.loads(sys.argv[2])
ray.init(address=sys.argv[1], namespace="bench", logging_level="ERROR", log_to_driver=False)
queue = Queue(maxsize=setting["messages"], actor_options={"num_cpus": 0})
say({"ready": True})
for _ in sys.stdin:
    try:
        say({"figure": played(queue, setting["messages"], setting["by"])})
    except Exception as error:
        say({"error": str(error)})
queue.shutdown()
