#!/usr/bin/env python3
"""Random calls by two clients at once, one through the mount and one natively, each answered as a model has it.

usage: test_random.py [--seed NUMBER] [--operations NUMBER] [TEST...]

A failure is shrunk to the shortest calls that still fail, and shown as a script
for `conformance-calls` with the answers that were to come. By default a short
run of a fixed seed; a long one:

    tests/random/test_random.py --seed 42 --operations 1000000
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))

import harness
import model
import operations

PROGRAMS = os.path.join(harness.BUILD, "tests", "conformance")
CALLS = os.path.join(PROGRAMS, "conformance-calls")
NATIVE = os.path.join(PROGRAMS, "conformance-native")
RUN = 400               # operations in one directory, before a new one is begun
CLIENTS = ("mount", "native")


class Client:
    """A program that makes calls, a line at a time."""

    def __init__(self, program, place):
        self.process = harness.Process([program, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise AssertionError("the client ended at: %s" % line)
        return answer.rstrip("\n")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait(timeout=harness.LIMIT) != 0:
            raise AssertionError("a client ended with %d" % self.process.returncode)


class Systems:
    """The clients at work in one directory."""

    def __init__(self, clients):
        self.clients = clients

    def begin(self):
        for client, verb in zip(self.clients, ("case", "join")):
            client.ask(verb + " random")

    def answer(self, client, call):
        # Linux looks at the size it knows of before it asks any FUSE file system to copy, and where a position is
        # after appending it reckons from that size: so it has to have seen what the other client made of it.
        words = call.split()
        if client == 0 and (words[0] == "copy" or (words[0] == "write" and len(words) == 3)):
            for slot in words[1:4:2] if words[0] == "copy" else words[1:2]:
                self.clients[0].ask("fstat " + slot)
        answer = self.clients[client].ask(call)
        # A directory that was moved behind its back Linux cannot take to its new place while it renames across
        # directories itself, and says so (d_splice_alias in fs/dcache.c). Looked up before, it is there.
        if client == 0 and answer == "ESTALE" and call.startswith("rename "):
            for path in call.split()[1:3]:
                self.clients[0].ask("lstat %s type" % path)
            answer = self.clients[client].ask(call)
        return answer


def first_difference(systems, sequence):
    """(index, what was to be answered, what was), or None."""
    expected = model.Model(len(CLIENTS))
    systems.begin()
    for index, (client, call) in enumerate(sequence):
        theirs, ours = expected.answer(client, call), systems.answer(client, call)
        if theirs != ours:
            return index, theirs, ours
    return None


def explain(systems, sequence, difference):
    """A failing sequence, shrunk, as lines; where it fails only now and then, its end as it was."""
    verb = sequence[-1][1].split()[0]

    def fails(shorter):
        # At a call of the same name: shrinking one failure does not end at another.
        difference = first_difference(systems, shorter)
        return difference is not None and shorter[difference[0]][1].split()[0] == verb

    shortest, found = sequence[-30:], None
    if fails(sequence):
        shortest = operations.shrink(sequence, fails)
        found = first_difference(systems, shortest)
    index, theirs, ours = found or (len(shortest) - 1, *difference[1:])
    lines = ["%-6s %s" % (CLIENTS[client], call) for client, call in shortest[:index + 1]]
    return lines + ["answered: %s" % ours, "instead of: %s" % theirs]


def search(systems, seed, count):
    """Runs `count` operations; the explanation of the first failure, or None."""
    source = random.Random(seed)
    for start in range(0, count, RUN):
        sequence = operations.generate(source, min(RUN, count - start), len(CLIENTS), model.SLOTS)
        difference = first_difference(systems, sequence)
        if difference:
            return ["seed %d, operation %d" % (seed, start + difference[0])] + explain(
                systems, sequence[:difference[0] + 1], difference)
    return None


class Mutant(model.Model):
    """A model with a mistake of real file systems: renaming one name of a file over another one removes both."""

    def do_rename(self, slots, path, new, flag=""):
        from_directory, from_name, moved = self.walk(path, False)
        replaced = self.walk(new, False)[2]
        if not flag and moved and moved is replaced and moved.kind == "f" and path != new:
            self.take(from_directory, from_name)
            return None
        return super().do_rename(slots, path, new, flag)


class MutantSystems:
    def begin(self):
        self.model = Mutant(len(CLIENTS))

    def answer(self, client, call):
        return self.model.answer(client, call)


class Search(unittest.TestCase):
    """That a mistake is found and shrunk, without any file system."""

    def test_mutant_is_shrunk(self):
        lines = search(MutantSystems(), seed=1, count=20000)
        self.assertIsNotNone(lines, "the mutant is not found")
        # A file is made and linked, one name renamed over the other, and looked for: nothing is shorter.
        self.assertEqual([line.split()[1] for line in lines[2:4]], ["link", "rename"], lines)
        self.assertEqual(len(lines), 7, lines)

    def test_same_seed_same_calls(self):
        first, second = (operations.generate(random.Random(3), 100, 2, 4) for _ in range(2))
        self.assertEqual(first, second)


class TwoClients(unittest.TestCase):
    seed, count = 20, 12000

    def test_random(self):
        obstacle = harness.fuse_obstacle()
        if obstacle:
            self.skipTest(obstacle)
        with tempfile.TemporaryDirectory(prefix="drydock-random-") as mount:
            # Nothing may be remembered of what the other client may change.
            with harness.Instance("--mount", mount, "-o", "timeout=0", name="random") as instance:
                clients = [Client(CALLS, mount), Client(NATIVE, instance.directory)]
                lines = search(Systems(clients), self.seed, self.count)
                for client in clients:
                    client.close()
        print("# seed %d, %d operations" % (self.seed, self.count), flush=True)
        if lines:
            raise AssertionError("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=TwoClients.seed)
    parser.add_argument("--operations", type=int, default=TwoClients.count)
    options, tests = parser.parse_known_args()
    TwoClients.seed, TwoClients.count = options.seed, options.operations
    sys.argv[1:] = tests
    harness.main()


if __name__ == "__main__":
    main()
