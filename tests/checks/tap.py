"""What the checks share: reporting in TAP, and the tree's files."""

import os
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))


def run_cases(cases):
    """Runs (name, function) pairs; a function returns the list of what is wrong. Exits."""
    print('1..%d' % len(cases))
    failed = False
    for number, (name, function) in enumerate(cases, 1):
        problems = function()
        failed = failed or bool(problems)
        print('%sok %d - %s' % ('not ' if problems else '', number, name))
        for problem in problems:
            print('# ' + problem)
            # Meson shows only this of a program that failed.
            print('%s: %s' % (name, problem), file=sys.stderr)
    sys.exit(1 if failed else 0)


def expect_found(problems, *wanted):
    """What is wrong with a check that should have found each of `wanted`, and nothing else."""
    wrong = ['not found: ' + want for want in wanted if not any(want in problem for problem in problems)]
    if len(problems) != len(wanted):
        wrong.append('found %d things, not %d: %s' % (len(problems), len(wanted), '; '.join(problems)))
    return wrong


def skip_all(reason):
    print('1..0 # SKIP ' + reason)
    sys.exit(0)


def source_files(root, *directories):
    """Paths under `root` (relative to it, sorted) of the files in `directories`."""
    paths = []
    for directory in directories:
        for place, folders, files in os.walk(os.path.join(root, directory)):
            folders[:] = sorted(name for name in folders if name != '__pycache__')
            paths += [os.path.relpath(os.path.join(place, name), root) for name in sorted(files)]
    return paths


def write_tree(root, files):
    """Makes `files`, a dictionary from path to text, under `root`."""
    for path, text in files.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'w', encoding='utf-8') as file:
            file.write(text)
