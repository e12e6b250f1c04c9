#!/usr/bin/env python3
"""Sizes of files, and notes to oneself that were left in them."""

import os
import re
import sys
import tempfile

import tap

DIRECTORIES = ('include', 'src', 'servers', 'sim', 'tests', 'examples', 'scripts', 'docs', '.ci')
LINES_MAXIMUM = 700

# Put together here, so that this file passes.
NOTE = re.compile(r'\b(%s)\b' % '|'.join(('TO' 'DO', 'FIX' 'ME', 'XX' 'X', 'HA' 'CK')))


def check(root):
    problems = []
    paths = tap.source_files(root, *DIRECTORIES)
    paths += [name for name in sorted(os.listdir(root)) if os.path.isfile(os.path.join(root, name))]
    for path in paths:
        if path.endswith('.pyc'):
            continue
        with open(os.path.join(root, path), 'rb') as file:
            content = file.read()
        if b'\0' in content:
            continue
        lines = content.decode('utf-8', 'replace').split('\n')
        if lines[-1] == '':
            lines.pop()
        is_code = not path.endswith(('.md', '.golden')) and os.sep + 'golden' + os.sep not in path
        if is_code and len(lines) > LINES_MAXIMUM:
            problems.append('%s: %d lines, which is more than %d: split it by what its parts are for'
                            % (path, len(lines), LINES_MAXIMUM))
        for number, line in enumerate(lines, 1):
            note = NOTE.search(line)
            if note:
                problems.append('%s:%d: %s: do it, or file it' % (path, number, note.group(1)))
    return problems


def finds_bad():
    with tempfile.TemporaryDirectory() as root:
        tap.write_tree(root, {
            'src/long.c': '\n' * (LINES_MAXIMUM + 1),
            'src/full.c': '\n' * LINES_MAXIMUM,
            'docs/long.md': '\n' * (LINES_MAXIMUM + 1),
            'servers/vfs/note.c': 'int a;\n/* TO' 'DO: all */\n',
            'README.md': 'FIX' 'ME\n',
        })
        return tap.expect_found(check(root), 'src/long.c: 701', 'servers/vfs/note.c:2', 'README.md:1')


def main():
    tap.run_cases([
        ('files of the tree', lambda: check(tap.ROOT)),
        ('found in a bad example', finds_bad),
    ])


if __name__ == '__main__':
    sys.exit(main())
