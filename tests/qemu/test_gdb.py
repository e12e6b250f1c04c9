"""gdb on the bare-metal image: the kernel and a server, with the helpers of scripts/gdb."""

import os
import shutil
import subprocess
import time
import unittest

import machine
from machine import Machine, harness

HELPERS = os.path.join(machine.ROOT, "scripts", "gdb", "drydock.py")


class Debugged(Machine):
    """A machine that stands before its first instruction, and a gdb on it."""

    def __init__(self):
        super().__init__("-S", "-chardev", "socket,id=gdb,path=gdb,server=on,wait=off", "-gdb", "chardev:gdb")
        # QEMU is another process: where it is slow to start there is nothing to connect to yet.
        while not os.path.exists(os.path.join(self.scratch.name, "gdb")):
            if self.process.poll() is not None:
                raise AssertionError("the machine ended before gdb could come")
            time.sleep(0.01)

    def gdb(self, program, *commands):
        script = ["set pagination off", "set width 0", "target remote " + os.path.join(self.scratch.name, "gdb"),
                  *commands]
        words = [word for command in script for word in ("-ex", command)]
        result = subprocess.run(["gdb", "-q", "-batch", "-nx", *words, program], capture_output=True, text=True,
                                timeout=harness.LIMIT)
        return result.stdout + result.stderr


class GdbTest(unittest.TestCase):
    def setUp(self):
        if shutil.which("gdb") is None:
            self.skipTest("gdb is not installed: scripts/setup installs it")

    def test_kernel(self):
        with Debugged() as debugged:
            text = debugged.gdb(machine.KERNEL + ".debug", "hbreak kernel_start_init", "continue", "bt", "kill")
        self.assertRegex(text, r"#0  kernel_start_init \(kernel=0xffff8\w+, ")
        self.assertRegex(text, r"#\d  \w+ in boot_main \(")

    def test_server(self):
        # All processes lie at the same addresses: at this one no other has code that runs before.
        program = os.path.join(machine.METAL, "user", "metal-vfs.debug")
        with Debugged() as debugged:
            text = debugged.gdb(program, "source " + HELPERS, "hbreak service_register",
                                "continue", "dd-fibers -b", "dd-ports", "kill")
        self.assertIn("service_register (service=", text)
        self.assertRegex(text, r"Fiber 0 \(running, ")
        self.assertRegex(text, r"The loop \(waits for the running fiber\)\n#0 .* fiber_")
        self.assertRegex(text, r"#\d+ .* in process_main \(\)")
        self.assertRegex(text, r"vfs, fs|fs, vfs")


if __name__ == "__main__":
    machine.need_qemu()
    harness.main()
