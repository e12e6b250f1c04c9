#!/usr/bin/env python3
"""Who may include what (docs/ARCHITECTURE.md, "Dependency rules" 1 and 2).

Each file belongs to a layer by where it lies. F code includes, of what is not
ours, the compiler's freestanding headers only.
"""

import os
import re
import sys
import tempfile

import tap

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)"|(.*))')

FREESTANDING = {'stdint.h', 'stddef.h', 'stdbool.h', 'stdarg.h'}
ABI_FREESTANDING = FREESTANDING - {'stdarg.h'}

# Headers of include/drydock/ that are not the runtime's though no src/common/NAME.c goes with them.
COMMON_HEADERS = {'atomic.h', 'list.h', 'posix.h'}

# From which layers each layer may include; every layer may from itself.
ALLOWED = {
    'abi': set(),
    'common-sdk': {'abi'},
    'sdk': {'abi', 'common-sdk', 'proto'},
    'common': {'abi', 'common-sdk'},
    'kernel': {'abi', 'common-sdk', 'common'},
    'user': {'abi', 'common-sdk', 'common', 'sdk', 'proto'},
    'files': {'abi', 'common-sdk', 'sdk', 'proto'},
    'drivers': {'abi', 'common-sdk', 'sdk', 'proto', 'user'},
    'apps': {'abi', 'common-sdk', 'sdk', 'proto', 'user'},
    'arch': {'abi', 'common-sdk', 'common', 'drivers', 'kernel', 'sdk', 'proto', 'user'},
    'server': {'abi', 'common-sdk', 'sdk', 'proto'},
    'example': {'abi', 'common-sdk', 'sdk', 'proto'},
}
HOSTED = {'sim', 'tests'}


def layer_of(root, path):
    """The layer that a path relative to `root` lies in, and None for what has none."""
    parts = path.split(os.sep)
    if parts[:2] == ['include', 'drydock']:
        if parts[2] in ('abi', 'proto'):
            return parts[2]
        if len(parts) == 3:
            source = os.path.join(root, 'src', 'common', parts[2][:-2] + '.c')
            if parts[2] in COMMON_HEADERS or os.path.exists(source):
                return 'common-sdk'
        return 'sdk'
    if parts[0] == 'src':
        return parts[1]
    if parts[0] == 'servers':
        return 'server'
    if parts[0] == 'examples':
        return 'example'
    return parts[0] if parts[0] in HOSTED else None


def resolve(root, path, system, local):
    """The path of what `path` includes, or None if it is not of this tree."""
    name = system or local
    places = [] if system else [os.path.dirname(path)]
    for place in places + ['include', 'src', '']:
        candidate = os.path.normpath(os.path.join(place, name))
        if os.path.exists(os.path.join(root, candidate)):
            return candidate
    if name.startswith('drydock/proto/'):
        return os.path.join('include', name)
    # Generated from a protocol beside it.
    if local and os.path.exists(os.path.join(root, os.path.dirname(path), name[:-2] + '.proto')):
        return os.path.join(os.path.dirname(path), name)
    return None


def judge(root, path, system, local):
    """Says what is wrong with one include, or None."""
    layer = layer_of(root, path)
    if layer in HOSTED:
        target = resolve(root, path, system, local)
        if layer == 'sim' and target and layer_of(root, target) == 'tests':
            return 'sim includes tests: %s' % target
        return None
    target = resolve(root, path, system, local)
    if target is None:
        allowed = ABI_FREESTANDING if layer == 'abi' else FREESTANDING
        if system in allowed:
            return None
        return '%s is no freestanding header, and none of this tree' % (system or local)
    to_layer = layer_of(root, target)
    if layer in ('server', 'example') and to_layer == layer:
        if path.split(os.sep)[1] == target.split(os.sep)[1]:
            return None
        return '%s is of another %s' % (target, layer)
    if to_layer == layer or to_layer in ALLOWED[layer]:
        return None
    return '%s includes %s: %s' % (layer, to_layer, target)


def check(root):
    problems = []
    for path in tap.source_files(root, 'include', 'src', 'servers', 'examples', 'sim'):
        if not path.endswith(('.c', '.h', '.S')):
            continue
        layer = layer_of(root, path)
        if layer not in ALLOWED and layer not in HOSTED:
            problems.append('%s: belongs to no layer' % path)
            continue
        with open(os.path.join(root, path), encoding='utf-8') as file:
            for number, line in enumerate(file, 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                system, local, computed = match.groups()
                wrong = 'a computed include' if computed else judge(root, path, system, local)
                if wrong:
                    problems.append('%s:%d: %s' % (path, number, wrong))
    return problems


GOOD = {
    'include/drydock/abi/error.h': '#include <stdint.h>\n',
    'include/drydock/abi/message.h': '#include <drydock/abi/error.h>\n',
    'include/drydock/string.h': '#include <stddef.h>\n',
    'include/drydock/client.h': '#include <drydock/abi/message.h>\n',
    'src/common/string.c': '#include <drydock/string.h>\n',
    'src/kernel/port.h': '#include <drydock/abi/error.h>\n',
    'src/kernel/port.c': '#include "port.h"\n#include "kernel/port.h"\n#include <stdarg.h>\n',
    'src/user/loop.h': '#include <drydock/client.h>\n',
    'servers/vfs/vfs.h': '#include <drydock/client.h>\n#include <drydock/proto/vfs.h>\n',
    'servers/vfs/main.c': '#include "vfs.h"\n',
    'sim/host/main.c': '#include <stdio.h>\n#include "kernel/port.h"\n',
}

# A file that breaks a rule, and what is to be said of it.
BAD = (
    ('include/drydock/abi/bad.h', '#include <stdarg.h>\n', 'stdarg.h is no freestanding'),
    ('include/drydock/abi/bad.h', '#include <drydock/string.h>\n', 'abi includes common-sdk'),
    ('src/common/bad.c', '#include <drydock/client.h>\n', 'common includes sdk'),
    ('src/kernel/bad.c', '#include <drydock/client.h>\n', 'kernel includes sdk'),
    ('src/kernel/bad.c', '# include <drydock/proto/vfs.h>\n', 'kernel includes proto'),
    ('src/kernel/bad.c', '#include <string.h>\n', 'string.h is no freestanding'),
    ('src/kernel/bad.c', '#include <linux/futex.h>\n', 'futex.h is no freestanding'),
    ('src/user/bad.c', '#include "kernel/port.h"\n', 'user includes kernel'),
    ('src/user/bad.c', '#include SOMETHING\n', 'computed'),
    ('servers/log/bad.c', '#include "kernel/port.h"\n', 'server includes kernel'),
    ('servers/log/bad.c', '#include "user/loop.h"\n', 'server includes user'),
    ('servers/log/bad.c', '#include "../vfs/vfs.h"\n', 'of another server'),
    ('servers/log/bad.c', '#include <stdio.h>\n', 'stdio.h is no freestanding'),
    ('src/elsewhere/bad.c', '', 'belongs to no layer'),
)


def finds_bad(path, text, wanted):
    with tempfile.TemporaryDirectory() as root:
        tap.write_tree(root, GOOD)
        tap.write_tree(root, {path: text})
        return tap.expect_found(check(root), wanted)


def passes_good():
    with tempfile.TemporaryDirectory() as root:
        tap.write_tree(root, GOOD)
        return check(root)


def main():
    cases = [('includes of the tree', lambda: check(tap.ROOT)), ('a good example passes', passes_good)]
    for path, text, wanted in BAD:
        cases.append(('found in a bad example: %s in %s' % (wanted, path),
                      lambda path=path, text=text, wanted=wanted: finds_bad(path, text, wanted)))
    tap.run_cases(cases)


if __name__ == '__main__':
    sys.exit(main())
