"""Two processes on a queue of multiprocessing, the answers on another: process_queue.py SETTING, as a side of a row."""

import json
import multiprocessing
import sys
import time


def work(tasks, answers):
    """Squares what comes until None comes."""
    for task in iter(tasks.get, None):
        answers.put((task["n"], task["n"] * task["n"]))


def played(tasks, answers, messages):
    """From the first message put to the last answer got; messages a second."""
    inputs = [{"n": n} for n in range(1, messages + 1)]
    began = time.perf_counter()
    for task in inputs:
        tasks.put(task)
    got = dict(answers.get() for _ in inputs)
    seconds = time.perf_counter() - began
    if got != {n: n * n for n in range(1, messages + 1)}:
        raise ValueError("a message was lost or is not its square")
    return messages / seconds


def main():
    setting = json.loads(sys.argv[1])
    makes = multiprocessing.Manager() if setting["kind"] == "manager" else multiprocessing
    tasks, answers = makes.Queue(), makes.Queue()
    workers = [multiprocessing.Process(target=work, args=(tasks, answers), daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        try:
            print(json.dumps({"figure": played(tasks, answers, setting["messages"])}), flush=True)
        except Exception as error:
            print(json.dumps({"error": str(error)}), flush=True)
    for _ in workers:
        tasks.put(None)
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
