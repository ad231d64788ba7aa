"""A worker's actor outside Ray: `actor-program.py FOLDER_OF_LIB_RAY SILENCE_MS ARGV…`, taken from for so long as its stdin is open."""

import json
import os
import sys
import threading

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True

from worker_actor import WorkerActor  # noqa: E402

actor = WorkerActor(sys.argv[3:], int(sys.argv[2]), os.getcwd(), dict(os.environ))
print(json.dumps(actor.place()), flush=True)


def take():
    end = None
    while end is None and not closed.is_set():
        frames, prints, end = actor.take(0.05, 1 << 16)
        sys.stderr.buffer.write(prints)
        sys.stdout.buffer.write(frames)
        sys.stdout.flush()
    if end is not None:
        print(json.dumps({"end": end}), flush=True)
        os._exit(0)


closed = threading.Event()
threading.Thread(target=take, daemon=True).start()
while data := sys.stdin.buffer.raw.read(1 << 16):
    actor.write(data)
closed.set()  # from here on nobody is heard, as by the actor of a bridge that is gone
threading.Event().wait()
