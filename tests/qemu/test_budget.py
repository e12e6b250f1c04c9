"""How many instructions a call on a lane and a datagram take between two processes on bare metal.

Under -icount shift=0 the machine's time goes on by one nanosecond with each instruction, so that the benchmark's app,
which measures time, counts instructions: kernel, runtime and both processes together. They are the same on every
computer; only another compiler, or other code, changes them.
"""

import os
import re
import unittest

import machine
from machine import Machine, harness

BENCH = os.path.join(harness.BUILD, "tests", "qemu", "metal-bench")
MANIFEST = os.path.join(machine.ROOT, "tests", "qemu", "app", "bench.manifest")

# Instructions, with four in a hundred to spare. Who needs more says why in docs/ARCHITECTURE.md, "What a call
# costs"; who needs less lowers them.
BUDGET = {
    "one call at a time": 2630,
    "64 calls in flight": 580,
    "a datagram and one back": 3540,
}


class BudgetTest(unittest.TestCase):
    def measure(self):
        """What the app says, by name."""
        files = {name: machine.image(name) for name in ("init", "log", "scheduler")}
        files["manifest"] = machine.flat_manifest(MANIFEST)
        with open(BENCH, "rb") as file:
            files["bench"] = file.read()
        figures = {}
        with Machine("-icount", "shift=0,sleep=off", archive=machine.archive(files)) as booted:
            for name in BUDGET:
                line = booted.read_until(r"^\[bench\] " + name + ": ", r"^\[kernel\] halted$")
                found = re.search(r": (\d+) ns$", line)
                self.assertIsNotNone(found, "\n".join(booted.lines))
                figures[name] = int(found.group(1))
        return figures

    def test_budget(self):
        for name, taken in self.measure().items():
            print("# %s: %d instructions, of %d" % (name, taken, BUDGET[name]))
            self.assertLessEqual(taken, BUDGET[name], name)


if __name__ == "__main__":
    machine.need_qemu()
    harness.main()
