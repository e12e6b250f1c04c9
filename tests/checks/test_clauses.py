#!/usr/bin/env python3
"""docs/TCP.md has the table of the RFCs' clauses and of the scripts that check them: the one that the scripts give.

    test_clauses.py --write     writes it anew
"""

import glob
import os
import re
import sys

import tap

SCRIPTS = os.path.join(tap.ROOT, 'tests', 'unit', 'netstack', 'tcp')
DOCUMENT = os.path.join(tap.ROOT, 'docs', 'TCP.md')
BEGIN, END = '<!-- clauses: tests/checks/test_clauses.py --write -->\n', '<!-- end of clauses -->\n'
SCRIPT = re.compile(r'^script (.*): RFC (\d+), (.*)$', re.MULTILINE)


def clauses():
    """(RFC, section) -> names of scripts, with their files."""
    found = {}
    for path in sorted(glob.glob(os.path.join(SCRIPTS, '*.tcp'))):
        with open(path, encoding='utf-8') as file:
            for name, rfc, section in SCRIPT.findall(file.read()):
                found.setdefault((int(rfc), section), []).append((os.path.basename(path)[:-4], name))
    return found


def order(clause):
    return clause[0], [int(number) for number in re.findall(r'\d+', clause[1])], clause[1]


def table(found):
    lines = ['| RFC | section | scripts |', '| --- | --- | --- |']
    for clause in sorted(found, key=order):
        names = '; '.join('%s (%s)' % (name, file) for file, name in found[clause])
        lines.append('| %d | %s | %s |' % (*clause, names.replace('|', '\\|')))
    return '\n'.join(lines) + '\n'


def parts():
    """What stands before, between and after the marks."""
    with open(DOCUMENT, encoding='utf-8') as file:
        before, rest = file.read().split(BEGIN)
    written, after = rest.split(END)
    return before, written, after


def check():
    if parts()[1] != table(clauses()):
        return ['docs/TCP.md: the table is not that of the scripts: tests/checks/test_clauses.py --write']
    return []


def finds_bad():
    found = {(9293, '3.10'): [('a', 'late')], (9293, '3.9'): [('b', 'early')], (793, '1'): [('c', 'old')]}
    rows = table(found).splitlines()[2:]
    if rows != ['| 793 | 1 | old (c) |', '| 9293 | 3.9 | early (b) |', '| 9293 | 3.10 | late (a) |']:
        return ['not the table that was expected: %s' % rows]
    return []


def main():
    if sys.argv[1:] == ['--write']:
        before, _, after = parts()
        with open(DOCUMENT, 'w', encoding='utf-8') as file:
            file.write(before + BEGIN + table(clauses()) + END + after)
        return
    tap.run_cases([('the table of clauses', check), ('its order', finds_bad)])


main()
