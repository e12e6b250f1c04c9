#!/usr/bin/env python3
"""A server written out of tree: against the installed headers, archives, generator and pkg-config file only.

usage: test_sdk.py --build DIRECTORY --cc COMPILER... [--instrumented WHAT]
"""

import argparse
import glob
import os
import subprocess
import sys
import tempfile

import tap

PROTOCOL = '''
protocol greeter = 900 version 1

# Says how often it has been greeted.
op greet = 1 (name: string(63)) -> (count: u32)
'''

SERVER = '''
#include <drydock/server.h>
#include "greeter.h"

struct greeter {
	uint32_t count;
};

static void greeter_start(struct runtime *runtime, void *state)
{
	struct greeter *greeter = state;
	enum error error;

	greeter->count = 0;
	if (service_create(runtime, greeter, &(struct service_limits){.depth = 8, .area = 4096}, NULL, &error) == NULL)
		log_print(runtime, LOG_ERROR, "no service: %u", (unsigned)error);
}

const struct server_definition drydock_server = {
	.name = "greeter",
	.source = "greeter",
	.state_size = sizeof(struct greeter),
	.start = greeter_start,
};
'''


class Sdk:
    """An installation under a temporary root."""

    def __init__(self, options, directory):
        self.compiler = options.cc
        self.directory = directory
        self.root = os.path.join(directory, 'root')
        self.run('meson', 'install', '-C', options.build, '--no-rebuild', '--tags', 'devel', '--destdir', self.root)
        files = glob.glob(os.path.join(self.root, '**', 'drydock.pc'), recursive=True)
        self.environment = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=self.root,
                                PKG_CONFIG_PATH=os.path.dirname(files[0]) if files else '')

    def run(self, *command, environment=None):
        result = subprocess.run(command, cwd=self.directory, env=environment, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, check=False)
        if result.returncode != 0:
            raise RuntimeError('%s: %s' % (' '.join(command), result.stdout.strip()))
        return result.stdout

    def package(self, *options):
        return self.run('pkg-config', *options, 'drydock', environment=self.environment).split()

    def generate(self):
        tap.write_tree(self.directory, {'greeter.proto': PROTOCOL})
        generator = self.package('--variable=protogen')[0]
        if not generator.startswith(self.root):
            generator = self.root + generator
        self.run(generator, '--header', 'greeter.h', '--source', 'greeter.c', 'greeter.proto')

    def compile(self):
        tap.write_tree(self.directory, {'server.c': SERVER})
        self.run(*self.compiler, '-std=c11', '-Wall', '-Wextra', '-Werror', *self.package('--cflags'),
                 '-c', 'greeter.c', 'server.c')

    def link(self):
        self.run(*self.compiler, '-o', 'greeter', 'server.o', 'greeter.o', *self.package('--libs'))

    def refuses(self):
        """Started by hand it says what it is, which shows that its main() is the SDK's."""
        result = subprocess.run([os.path.join(self.directory, 'greeter')], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if result.returncode != 2 or 'greeter' not in result.stdout:
            raise RuntimeError('exit %d: %s' % (result.returncode, result.stdout.strip()))


def attempt(step):
    def run():
        try:
            step()
        except (RuntimeError, OSError, IndexError) as error:
            return str(error).splitlines() or [repr(error)]
        return []
    return run


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', required=True)
    parser.add_argument('--cc', nargs='+', required=True)
    parser.add_argument('--instrumented')
    options = parser.parse_args()
    if options.instrumented:
        tap.skip_all('%s goes into the archives; the plain build is installed' % options.instrumented)
    with tempfile.TemporaryDirectory() as directory:
        sdk = Sdk(options, directory)
        tap.run_cases([
            ('a protocol goes through the installed generator', attempt(sdk.generate)),
            ('a server compiles with the installed headers', attempt(sdk.compile)),
            ('it links with the installed archives', attempt(sdk.link)),
            ('it starts with the main() of the SDK', attempt(sdk.refuses)),
        ])


if __name__ == '__main__':
    sys.exit(main())
