"""The scheduler server decides who runs on bare metal: the program that tests/system runs on Linux (tests/shares)."""

import os
import sys
import unittest

import machine
from machine import Machine, harness

SHARES = os.path.join(machine.ROOT, "tests", "shares")
sys.path.insert(0, SHARES)

import expected  # noqa: E402 (found by the line above)


class SharesTest(unittest.TestCase):
    def test_shares(self):
        files = {name: machine.image(name) for name in ("init", "log", "scheduler")}
        with open(os.path.join(machine.BUILD, "tests", "qemu", "metal-shares"), "rb") as file:
            files["shares"] = file.read()
        files["manifest"] = machine.flat_manifest(os.path.join(SHARES, "shares.manifest"))
        # Time is counted in instructions: the same every time.
        with Machine("-icount", "shift=5,sleep=off", archive=machine.archive(files)) as booted:
            booted.read_until(r"^\[test\] done$", r"^\[kernel\] halted$")
        self.assertEqual(expected.said(booted.lines), expected.EXPECTED, "\n".join(booted.lines[-20:]))


if __name__ == "__main__":
    machine.need_qemu()
    harness.main()
