#!/usr/bin/env python3
"""What the F libraries need and keep (docs/ARCHITECTURE.md, "Dependency rules" 3 and 4).

usage: test_archives.py --cc COMPILER... [--instrumented WHAT] --archives NAME=ARCHIVE...

Rule 3: nothing is undefined in an F library but the names of the contract it
is written against, what the F libraries beneath it define, and the functions
that a compiler calls by itself. The contracts' names are read from their
headers. Rule 4: no F library keeps state of its own, so that two systems, or
two instances of a server, can live in one process.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

import tap

# The last is the linker's: it resolves what position-independent code finds through it.
COMPILERS_OWN = {'memcpy', 'memmove', 'memset', 'memcmp', '_GLOBAL_OFFSET_TABLE_'}

# Contracts: header, and prefix of its functions.
PLATFORM = ('src/kernel/platform.h', 'platform_')
OS = ('include/drydock/os.h', 'os_')
DISK = ('include/drydock/dev/block.h', 'disk_')
CARD = ('include/drydock/dev/net.h', 'net_')

# Library: the libraries beneath it, and its contracts.
BENEATH = {
    'common': ((), ()),
    'kernel': (('common',), (PLATFORM,)),
    'user': (('common',), (OS,)),
    'drivers': (('common',), ()),
    'files': (('common', 'user'), ()),
    'console': (('common', 'user', 'shell'), (OS,)),
    'bench': (('common', 'user', 'files'), (OS,)),
    'shell': (('common', 'user', 'files'), (OS,)),
}
SERVER = (('common', 'user'), (OS, DISK, CARD))

COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*', re.DOTALL)
WRITABLE = re.compile(r'^\.(data|bss|tdata|tbss|ldata|lbss)(\.|$)|^\*COM\*$')
READ_ONLY = re.compile(r'^\.data\.rel\.ro(\.|$)')


def tool(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def contract_names(root, contract):
    """The functions that a contract's header declares."""
    header, prefix = contract
    with open(os.path.join(root, header), encoding='utf-8') as file:
        text = COMMENT.sub('', file.read())
    names = set(re.findall(r'\b(%s\w+)\s*\(' % prefix, text))
    if not names:
        raise SystemExit('%s declares no %s functions' % (header, prefix))
    return names


def symbols(archive):
    """(defined, undefined) names of an archive; what one member needs and another has is neither's need."""
    defined, undefined = set(), set()
    for line in tool('nm', '--format=posix', archive).splitlines():
        fields = line.split()
        if len(fields) < 2 or line.endswith(':'):
            continue
        name, kind = fields[:2]
        if kind in 'Uwv':
            undefined.add(name)
        elif kind.isupper():
            defined.add(name)
    return defined, undefined - defined


def check_undefined(root, name, archives):
    """What `name` needs and should not."""
    beneath, contracts = BENEATH.get(name, SERVER)
    allowed = set(COMPILERS_OWN)
    for contract in contracts:
        allowed |= contract_names(root, contract)
    for other in beneath:
        allowed |= symbols(archives[other])[0]
    return ['%s needs %s' % (name, symbol) for symbol in sorted(symbols(archives[name])[1] - allowed)]


def is_writable(section):
    return bool(WRITABLE.match(section)) and not READ_ONLY.match(section)


def check_state(name, archive):
    """The mutable objects of a library; sections, where an object has no name."""
    problems = []
    named = set()
    member = ''
    for line in tool('objdump', '-t', archive).splitlines():
        header = re.match(r'^(\S+):\s+file format', line)
        if header:
            member = header.group(1)
        # ADDRESS FLAGS(7 columns) SECTION<tab>SIZE NAME
        entry = re.match(r'^[0-9a-f]+ (.{7}) (\S+)\t([0-9a-f]+)\s+(?:\.hidden )?(\S+)$', line)
        if entry and is_writable(entry.group(2)) and int(entry.group(3), 16) > 0:
            named.add((member, entry.group(2)))
            problems.append('%s: %s: %s is mutable state (%s)' % (name, member, entry.group(4), entry.group(2)))
    for line in tool('objdump', '-h', archive).splitlines():
        header = re.match(r'^(\S+):\s+file format', line)
        if header:
            member = header.group(1)
        section = re.match(r'^\s*\d+\s+(\S+)\s+([0-9a-f]+)\s', line)
        if (section and is_writable(section.group(1)) and int(section.group(2), 16) > 0
                and (member, section.group(1)) not in named):
            problems.append('%s: %s: section %s is mutable state' % (name, member, section.group(1)))
    return problems


def archive_of(compiler, directory, name, source):
    path = os.path.join(directory, name)
    tap.write_tree(directory, {name + '.c': source})
    subprocess.run(compiler + ['-std=c11', '-ffreestanding', '-O2', '-fPIE', '-c', path + '.c', '-o', path + '.o'],
                   check=True)
    subprocess.run(['ar', 'crs', path + '.a', path + '.o'], check=True)
    return path + '.a'


EXAMPLE_CONTRACTS = {
    'src/kernel/platform.h': '/* platform_comment() is none */\nvoid platform_wake(int who);\n',
    'include/drydock/os.h': 'void os_yield(void);\n',
    'include/drydock/dev/block.h': 'void *disk_open(void);\n',
    'include/drydock/dev/net.h': 'void *net_open(void);\n',
}
EXAMPLES = {
    'common': 'int string_length(const char *text) { return *text; }\n',
    'user': 'void os_yield(void);\nint runtime_call(void) { os_yield(); return 1; }\n'
            'int vfs_open(void) { return runtime_call(); }\n',
    'kernel': 'void platform_wake(int);\nint string_length(const char *);\nint printf(const char *, ...);\n'
              'void platform_comment(void);\nvoid os_yield(void);\nint runtime_call(void);\n'
              'void kernel_bad(void) { platform_wake(string_length("")); printf(""); os_yield();'
              ' platform_comment(); runtime_call(); }\n',
    'server': 'int vfs_open(void);\nvoid os_yield(void);\nvoid *disk_open(void);\n__attribute__((weak)) void kernel_enter(void);\n'
              'void platform_wake(int);\nstruct big { char byte[4096]; };\nvoid copy(struct big *to, struct big *from) { *to = *from; }\n'
              'int serve(void) { os_yield(); disk_open(); kernel_enter(); platform_wake(1); return vfs_open(); }\n',
}
STATEFUL = '''
static int counter;
int shared = 1;
__thread int mine;
static const char *const names[] = { "a", "b" };
const char *name(int which) { static int calls = 3; counter++; return names[(which + calls++) & 1]; }
int count(void) { return counter; }
'''


def finds_undefined(compiler):
    with tempfile.TemporaryDirectory() as root:
        tap.write_tree(root, EXAMPLE_CONTRACTS)
        archives = {name: archive_of(compiler, root, name, text) for name, text in EXAMPLES.items()}
        problems = []
        for name in archives:
            problems += check_undefined(root, name, archives)
        return tap.expect_found(problems, 'kernel needs os_yield', 'kernel needs platform_comment',
                                'kernel needs printf', 'kernel needs runtime_call',
                                'server needs kernel_enter', 'server needs platform_wake')


def finds_state(compiler):
    with tempfile.TemporaryDirectory() as root:
        archive = archive_of(compiler, root, 'stateful', STATEFUL)
        return tap.expect_found(check_state('stateful', archive), 'counter is', 'shared is', 'mine is', 'calls')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--cc', nargs='+', required=True)
    parser.add_argument('--instrumented')
    parser.add_argument('--archives', nargs='+', required=True)
    options = parser.parse_args()
    if options.instrumented:
        tap.skip_all('%s adds symbols and data to every library; the plain build is checked' % options.instrumented)
    archives = dict(argument.split('=', 1) for argument in options.archives)
    cases = [
        ('undefined names are found in a bad example', lambda: finds_undefined(options.cc)),
        ('state is found in a bad example', lambda: finds_state(options.cc)),
    ]
    for name, archive in archives.items():
        cases.append(('what %s needs' % name, lambda name=name: check_undefined(tap.ROOT, name, archives)))
        cases.append(('%s keeps no state' % name,
                      lambda name=name, archive=archive: check_state(name, archive)))
    tap.run_cases(cases)


if __name__ == '__main__':
    sys.exit(main())
