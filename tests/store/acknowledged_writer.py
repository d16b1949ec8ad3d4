"""A process that edits a project, says so after each step, and is killed; and what must be left then.

Both sides replay the same random steps, so the state after any number of them is known.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.store.reference import Reference, new_project, stored
from workbench.store import Project

STEPS = 400

Step = tuple[str, object]


def steps(reference: Reference, seed: int) -> Iterator[Step]:
    """Random steps, each made for the state that the ones before it leave."""
    rng = random.Random(seed)
    for _ in range(STEPS):
        kind = rng.choices(["apply", "large", "undo", "redo"], [8, 2, 3, 2])[0]
        if kind in ("apply", "large"):
            change = reference.random_change(rng, large=kind == "large")
            yield kind, change
            reference.apply(change)
        else:
            yield kind, None
            (reference.undo if kind == "undo" else reference.redo)()


def write(path: Path, seed: int) -> None:
    """Do all steps and write a line for each when it is done."""
    with Project.open(path) as project:
        do: dict[str, Callable[[], object]] = {"undo": project.undo, "redo": project.redo}
        for kind, change in steps(Reference(), seed):
            if kind == "apply":
                project.apply(change)
            elif kind == "large":
                list(project.apply_large(change))
            else:
                do[kind]()
            sys.stdout.write(".")
            sys.stdout.flush()


def kill_and_check(path: Path, *, seed: int) -> int:
    """Kill a writer somewhere, check what it left, and return how many steps it had acknowledged."""
    new_project(path).close()
    acknowledged = _killed(path, random.Random(f"kill {seed}"), seed)
    reference = Reference()
    script = steps(reference, seed)
    for _ in range(acknowledged + 1):  # a generator has done a step when it is asked for the next
        next(script, None)
    with Project.open(path) as project:
        project.check()
        if stored(project) != reference.state():  # the step after the last acknowledged one may be there
            next(script, None)
        assert stored(project) == reference.state()
        assert len(project.history(STEPS)) == len(reference.done) + len(reference.undone)
        while project.undo():
            pass
        assert not any(stored(project).values())
        for _ in range(len(reference.done)):
            project.redo()
        assert stored(project) == reference.state()
    return acknowledged


def _killed(path: Path, rng: random.Random, seed: int) -> int:
    command = [sys.executable, "-m", "tests.store.acknowledged_writer", str(path), str(seed)]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as writer:
        assert writer.stdout is not None
        seen = writer.stdout.read(rng.randint(1, 60))
        try:
            writer.wait(rng.uniform(0, 0.02))
        except subprocess.TimeoutExpired:
            writer.send_signal(signal.SIGKILL)
        seen += writer.stdout.read()
    return len(seen)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
