"""concurrent.futures.ProcessPoolExecutor as its documentation says: process_pool.py SETTING, as a side of a row."""

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor


def square(task):
    return task["n"] * task["n"]


def played(executor, tasks):
    """All handed over at once, one task a call; tasks a second."""
    inputs = [{"n": n} for n in range(1, tasks + 1)]
    began = time.perf_counter()
    answers = list(executor.map(square, inputs))
    seconds = time.perf_counter() - began
    if answers != [n * n for n in range(1, tasks + 1)]:
        raise ValueError("an answer is not the square of its task")
    return tasks / seconds


def main():
    setting = json.loads(sys.argv[1])
    with ProcessPoolExecutor(max_workers=2) as executor:
        list(executor.map(square, [{"n": 1}, {"n": 2}]))
        print(json.dumps({"ready": True}), flush=True)
        for _ in sys.stdin:
            try:
                print(json.dumps({"figure": played(executor, setting["tasks"])}), flush=True)
            except Exception as error:
                print(json.dumps({"error": str(error)}), flush=True)


if __name__ == "__main__":
    main()
