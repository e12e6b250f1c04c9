#!/usr/bin/env python3
"""Random operations on one file with every byte checked (exerciser.c), through the mount and natively.

usage: test_exerciser.py [--operations NUMBER] [--seed NUMBER] [TEST...]

A million of them:

    tests/exerciser/test_exerciser.py --operations 1000000
"""

import argparse
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

import harness

PROGRAMS = os.path.join(harness.BUILD, "tests", "exerciser")


class Exerciser(unittest.TestCase):
    seed, operations = 1, 20000

    @classmethod
    def setUpClass(cls):
        cls.obstacle = harness.fuse_obstacle()
        options = []
        if not cls.obstacle:
            cls.mount = tempfile.mkdtemp(prefix="drydock-exercised-")
            cls.addClassCleanup(os.rmdir, cls.mount)
            options = ["--mount", cls.mount]
        cls.instance = harness.Instance(*options, name="exerciser")
        cls.instance.__enter__()
        cls.addClassCleanup(cls.instance.__exit__, None, None, None)

    def run_program(self, program, place, *options):
        return subprocess.run([os.path.join(PROGRAMS, program), place, "--seed", str(self.seed), *options],
                              capture_output=True, text=True, check=False)

    def check(self, program, place, summary):
        result = self.run_program(program, place, "--operations", str(self.operations))
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        self.assertEqual(result.stdout, "%d operations%s\n" % (self.operations, summary))

    def check_found(self, program, place):
        """That a byte changed behind its back is found, and said which."""
        result = self.run_program(program, place, "--operations", "2000", "--corrupt", "1000")
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertRegex(result.stdout, r"byte 0 is 0x.. and should be 0x..\nseed \d+, operation \d+\n$")

    def test_mount(self):
        if self.obstacle:
            self.skipTest(self.obstacle)
        self.check("exerciser", self.mount, "")
        self.check_found("exerciser", self.mount)

    def test_native(self):
        self.check("exerciser-native", self.instance.directory, ", none by mappings")
        self.check_found("exerciser-native", self.instance.directory)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=Exerciser.seed)
    parser.add_argument("--operations", type=int, default=Exerciser.operations)
    options, tests = parser.parse_known_args()
    Exerciser.seed, Exerciser.operations = options.seed, options.operations
    sys.argv[1:] = tests
    harness.main()


if __name__ == "__main__":
    main()
