#!/usr/bin/env python3
"""The examples, out of tree: against the installed headers, archives, generator and pkg-config file only.

usage: test_sdk.py --build DIRECTORY --cc COMPILER... [--instrumented WHAT]
"""

import argparse
import glob
import os
import shutil
import subprocess
import sys
import tempfile

import tap

EXAMPLES = os.path.join(os.path.dirname(__file__), '..', '..', 'examples')
EXAMPLE = {'greeter': ('greeter', 'visitor'), 'hellofs': ('hellofs',), 'scribe': ('scribe',)}
SERVERS = [(example, server) for example, servers in EXAMPLE.items() for server in servers]


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

    def run(self, *command, environment=None, directory=None):
        result = subprocess.run(command, cwd=directory or self.directory, env=environment, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, check=False)
        if result.returncode != 0:
            raise RuntimeError('%s: %s' % (' '.join(command), result.stdout.strip()))
        return result.stdout

    def package(self, *options):
        return self.run('pkg-config', *options, 'drydock', environment=self.environment).split()

    def make(self):
        """By the example's own Makefile, which knows nothing of a staged installation but what it is told."""
        generator = self.package('--variable=protogen')[0]
        if not generator.startswith(self.root):
            generator = self.root + generator
        for example in EXAMPLE:
            shutil.copytree(os.path.join(EXAMPLES, example), os.path.join(self.directory, example))
            self.run('make', 'PROTOGEN=' + generator, 'CC=' + ' '.join(self.compiler),
                     'CFLAGS=-std=c11 -Wall -Wextra -Werror ' + ' '.join(self.package('--cflags')),
                     environment=self.environment, directory=os.path.join(self.directory, example))

    def refuses(self):
        """Started by hand it says what it is, which shows that its main() is the SDK's."""
        for example, name in SERVERS:
            result = subprocess.run([os.path.join(self.directory, example, 'drydock-' + name)], stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            if result.returncode != 2 or name not in result.stdout:
                raise RuntimeError('exit %d: %s' % (result.returncode, result.stdout.strip()))

    def boots(self, build):
        """Beside the system's own servers, in a copy of the places where the command looks for them."""
        dock = os.path.join(self.directory, 'dock')
        manifest = os.path.join(self.directory, 'my.manifest')
        os.makedirs(os.path.join(dock, 'sim', 'cli'))
        shutil.copy(os.path.join(build, 'sim', 'cli', 'drydock'), os.path.join(dock, 'sim', 'cli'))
        os.makedirs(os.path.join(dock, 'servers'))
        for name in ('init', 'log', 'netstack', 'scheduler', 'vfs'):
            os.symlink(os.path.join(build, 'servers', name), os.path.join(dock, 'servers', name))
        for example, name in SERVERS:
            os.makedirs(os.path.join(dock, 'servers', name))
            shutil.copy(os.path.join(self.directory, example, 'drydock-' + name), os.path.join(dock, 'servers', name))
        with open(manifest, 'w', encoding='utf-8') as whole:
            for part in [os.path.join(build, 'sim', 'manifest', 'default.manifest')] + [
                    os.path.join(self.directory, example, example + '.manifest') for example in EXAMPLE]:
                with open(part, encoding='utf-8') as lines:
                    whole.write(lines.read())
        environment = dict(os.environ, XDG_RUNTIME_DIR=self.directory)
        command = [os.path.join(dock, 'sim', 'cli', 'drydock')]
        self.run(*command, 'run', '-d', '--name', 'sdk', '--manifest', manifest, environment=environment)
        try:
            log = self.run(*command, 'log', '--name', 'sdk', environment=environment)
            listing, content, outside = [
                self.run(*command, 'fs', '--name', 'sdk', *words, environment=environment)
                for words in (('ls', '/hello', '/hello/inner'), ('cat', '/hello/hello', '/hello/link'),
                              ('ls', '/hello/inner/../..'))]
        finally:
            self.run(*command, 'stop', '--name', 'sdk', environment=environment)
        for line in ('[greeter] hello Ada', '[visitor] greeted as number 1',
                     '[scribe] 32 of 32 lines are right'):
            if line not in log:
                raise RuntimeError('no "%s" in the log:\n%s' % (line, log))
        if listing.split() != ['/hello:', 'hello', 'inner', 'link', '/hello/inner:', 'note']:
            raise RuntimeError('the file system lists as:\n' + listing)
        if content != 'Hello from outside the tree.\nNot for everybody.\n' or outside != 'hello\nscribe.txt\n':
            raise RuntimeError('its files have: %r, and it lies beside %r' % (content, outside))


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
    if not shutil.which('make'):
        tap.skip_all('there is no make')
    with tempfile.TemporaryDirectory() as directory:
        sdk = Sdk(options, directory)
        tap.run_cases([
            ('the examples build with what is installed', attempt(sdk.make)),
            ('their servers start with the main() of the SDK', attempt(sdk.refuses)),
            ('they run beside the others', attempt(lambda: sdk.boots(options.build))),
        ])


if __name__ == '__main__':
    sys.exit(main())
