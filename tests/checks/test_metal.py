#!/usr/bin/env python3
"""That the bare-metal images are made of the very archives that the hosted executables are made of.

usage: test_metal.py --build DIRECTORY --servers NAME...

Ninja knows the command that links each program. Of our code only os.h's
implementation and main() may differ between a server on Linux and on metal;
the kernel's image takes the common code as it is.
"""

import argparse
import os
import re
import subprocess
import sys

import tap

SHARED = ('src/user/libdrydock_user.a', 'src/common/libdrydock_common.a')
# What stands below a server that has devices: sim/devices and the checks of src/drivers on Linux, drivers here.
DEVICES = {'src/arch/x86_64/user/libmetal_devices.a', 'src/drivers/libdrydock_drivers.a'}
OWN_OBJECTS = re.compile(r'^(sim/user/|src/arch/x86_64/|servers/\w+/drydock-\w+\.p/.*sim_user_main)')


def link_words(build, program):
    """The words of the command that links `program`."""
    listing = subprocess.run(['ninja', '-C', build, '-t', 'commands', '-s', program], stdout=subprocess.PIPE,
                             text=True, check=True).stdout
    return listing.strip().splitlines()[-1].split()


def archives(words):
    return {word for word in words if word.endswith('.a') and word.startswith(('src/', 'servers/'))}


def compare(name, hosted, metal):
    """What is wrong with a server's two commands."""
    problems = []
    wanted = {'servers/%s/libserver_%s.a' % (name, name), *SHARED}
    for where, words in (('hosted', hosted), ('bare-metal', metal)):
        missing = wanted - archives(words)
        problems += ['the %s %s is not linked from %s' % (where, name, archive) for archive in sorted(missing)]
    more = archives(metal) - wanted - (DEVICES if 'sim/devices/libdrydock_devices.a' in hosted else set())
    problems += ['the bare-metal %s has an archive of its own: %s' % (name, archive) for archive in sorted(more)]
    for word in metal:
        if word.endswith('.o') and not OWN_OBJECTS.match(word):
            problems.append('the bare-metal %s has code compiled for it alone: %s' % (name, word))
    return problems


def check_kernel(words):
    problems = [] if 'src/common/libdrydock_common.a' in archives(words) else ['it has not the common code']
    for word in words:
        if word.endswith('.o') and not word.startswith('src/arch/x86_64/'):
            problems.append('code of somebody else: ' + word)
    return problems


def finds_bad():
    good = ['cc', '-o', 'x', 'sim/user/a.o', 'servers/vfs/libserver_vfs.a', *SHARED]
    bad = ['cc', '-o', 'y', 'src/arch/x86_64/user/a.o', 'src/user/special/heap.c.o', 'servers/vfs/libmetal_vfs.a',
           *SHARED]
    return tap.expect_found(compare('vfs', good, bad), 'the bare-metal vfs is not linked from',
                            'an archive of its own: servers/vfs/libmetal_vfs.a', 'compiled for it alone: src/user')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', required=True)
    parser.add_argument('--servers', nargs='+', required=True)
    options = parser.parse_args()
    metal = os.path.join('src', 'arch', 'x86_64')

    def server(name):
        return compare(name, link_words(options.build, 'servers/%s/drydock-%s' % (name, name)),
                       link_words(options.build, '%s/user/metal-%s.debug' % (metal, name)))

    cases = [('found in a bad example', finds_bad),
             ('the kernel', lambda: check_kernel(link_words(options.build, metal + '/drydock-kernel.debug')))]
    cases += [('the same archives: ' + name, lambda name=name: server(name)) for name in options.servers]
    tap.run_cases(cases)


if __name__ == '__main__':
    sys.exit(main())
