#!/usr/bin/env python3
"""The total that scripts/test prints: nothing that failed or was skipped may be lost in it."""

import json
import os
import subprocess
import sys
import tempfile

import tap

REPORT = os.path.join(tap.ROOT, 'scripts', 'test-report')


def record(name, result, stdout='', stderr='', returncode=0):
    return {'name': name, 'result': result, 'stdout': stdout, 'stderr': stderr, 'returncode': returncode}


def report(records, problems=''):
    """Exit status, and the lines printed, for one run with these results."""
    with tempfile.TemporaryDirectory() as root:
        tap.write_tree(root, {
            'problems': problems,
            'logs/testlog.json': ''.join(json.dumps(entry) + '\n' for entry in records),
        })
        result = subprocess.run([sys.executable, REPORT, os.path.join(root, 'problems'),
                                 'plain=' + os.path.join(root, 'logs', 'testlog.json'),
                                 'valgrind=' + os.path.join(root, 'logs', 'none.json')],
                                stdout=subprocess.PIPE, text=True, check=False)
        return result.returncode, result.stdout.splitlines()


def case(status, total, records, problems='', mention=()):
    def run():
        code, lines = report(records, problems)
        wrong = []
        if code != status:
            wrong.append('exit status %d, not %d' % (code, status))
        if lines[-1:] != [total]:
            wrong.append('the last line is %s, not %s' % (lines[-1:], total))
        wrong += ['does not say: ' + text for text in mention if not any(text in line for line in lines)]
        return wrong
    return run


GOOD_TAP = '1..3\nok 1 - a.c:core:one: Passed\nok 2 - a.c:core:two: Passed\nok 3 - a.c:core:three: Passed\n'
BAD_TAP = '1..2\nok 1 - a.c:core:one: Passed\nnot ok 2 - a.c:core:two: Assertion failed\n'


def main():
    tap.run_cases([
        ('cases of TAP and single programs are added',
         case(0, '4 passed, 0 failed, 0 skipped', [record('unit', 'OK', GOOD_TAP), record('plain', 'OK')])),
        ('a failed case is counted once',
         case(1, '1 passed, 1 failed, 0 skipped', [record('unit', 'ERROR', BAD_TAP, returncode=1)],
              mention=['a.c:core:two'])),
        ('a program that crashes after good cases has failed',
         case(1, '3 passed, 1 failed, 0 skipped', [record('unit', 'ERROR', GOOD_TAP, returncode=-11)],
              mention=['exit -11'])),
        ('a time-out has failed',
         case(1, '0 passed, 1 failed, 0 skipped', [record('system', 'TIMEOUT')])),
        ('cases that the plan has and the output has not have failed',
         case(1, '2 passed, 1 failed, 0 skipped',
              [record('unit', 'OK', ''.join(GOOD_TAP.splitlines(True)[:3]))], mention=['2 of 3'])),
        ('exit 77 is a skip with its reason',
         case(0, '0 passed, 0 failed, 1 skipped', [record('system', 'SKIP', 'booting\nno /dev/fuse here\n')],
              mention=['no /dev/fuse here'])),
        ('a plan of none is a skip with its reason',
         case(0, '0 passed, 0 failed, 1 skipped', [record('model', 'SKIP', '1..0 # SKIP no spin\n')],
              mention=[': no spin'])),
        ('a skipped case is no passed one',
         case(0, '1 passed, 0 failed, 1 skipped',
              [record('unit', 'OK', '1..2\nok 1 - one\nok 2 - two # SKIP not root\n')], mention=['not root'])),
        ('what went wrong outside of tests has failed',
         case(1, '1 passed, 1 failed, 0 skipped', [record('plain', 'OK')], problems='build-asan does not build\n',
              mention=['build-asan does not build'])),
    ])


if __name__ == '__main__':
    sys.exit(main())
