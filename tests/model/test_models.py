#!/usr/bin/env python3
"""Searches the states of the models in this directory with Spin; prints TAP.

A model as it stands must hold in every state, and the search must have been
complete. Each broken variant must be found to fail, with the message that is
named: a model that finds nothing wrong in those proves nothing.
"""

import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile

DIRECTORY = os.path.dirname(os.path.abspath(__file__))

SAFETY = (['-DSAFETY', '-DNOREDUCE'], [])
LIVENESS = (['-DNP'], ['-l'])

DEADLOCK = 'invalid end state'
ASSERTION = 'assertion violated'
CYCLE = 'non-progress cycle'

# model, what is defined, how it is searched, how it must fail (None: it must not)
CASES = (
    ('wakeup', [], SAFETY, None),
    ('wakeup', [], LIVENESS, None),
    ('wakeup', ['NO_PRODUCER_FENCE=0'], SAFETY, DEADLOCK),
    ('wakeup', ['NO_PRODUCER_FENCE=1'], SAFETY, DEADLOCK),
    ('wakeup', ['NO_SLEEPER_FENCE=0'], SAFETY, DEADLOCK),
    ('wakeup', ['NO_SLEEPER_FENCE=1'], SAFETY, DEADLOCK),
    ('wakeup', ['NO_SECOND_LOOK=0'], SAFETY, DEADLOCK),
    ('wakeup', ['NO_SECOND_LOOK=1'], SAFETY, DEADLOCK),
    ('wakeup', ['NO_BELL_READ=0'], LIVENESS, CYCLE),
    ('wakeup', ['NO_BELL_READ=1'], LIVENESS, CYCLE),
    ('credit', ['DEPTH=1'], SAFETY, None),
    ('credit', ['DEPTH=2'], SAFETY, None),
    ('credit', ['DEPTH=1', 'FACTOR=2'], SAFETY, ASSERTION),
    ('credit', ['DEPTH=2', 'FACTOR=2'], SAFETY, ASSERTION),
    ('credit', ['LATE_HEAD'], SAFETY, ASSERTION),
)


def run(command, directory):
    return subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)


def search(model, defines, how):
    """Generates, compiles and runs one verifier; returns what it printed."""
    compile_options, run_options = how
    with tempfile.TemporaryDirectory() as directory:
        steps = (
            ['spin', '-a'] + ['-D' + define for define in defines] + [os.path.join(DIRECTORY, model + '.pml')],
            ['gcc', '-O0', '-w'] + compile_options + ['-o', 'pan', 'pan.c'],
            ['./pan', '-m1000000'] + run_options,
        )
        for step in steps:
            result = run(step, directory)
            if step[0] != './pan' and result.returncode != 0:
                return '%s failed:\n%s' % (step[0], result.stdout)
        return result.stdout


def judge(said, failure):
    """Whether a verifier that printed `said` found what it should."""
    if failure is not None:
        return failure in said and 'errors: 1' in said
    incomplete = ('Search not completed' in said or 'max search depth too small' in said
                  or 'out of memory' in said)
    return 'errors: 0' in said and not incomplete


def main():
    for tool in ('spin', 'gcc'):
        if not shutil.which(tool):
            print('1..0 # SKIP %s is not installed, so the models of the lane were not searched' % tool)
            return 0
    print('1..%d' % len(CASES))
    failed = False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        searches = [pool.submit(search, *case[:3]) for case in CASES]
    for number, (case, result) in enumerate(zip(CASES, searches), 1):
        model, defines, how, failure = case
        good = judge(result.result(), failure)
        failed = failed or not good
        print('%sok %d - %s: %s %s' % ('' if good else 'not ', number, ' '.join([model] + defines),
                                      'liveness' if how is LIVENESS else 'safety',
                                      'is found broken' if failure else 'holds'))
        if not good:
            print(result.result(), file=sys.stderr)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
