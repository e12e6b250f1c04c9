"""`drydock run --netns` and `drydock exec`: a network that is nobody else's."""

import os
import re
import subprocess
import unittest

import harness
import tap
from harness import Instance
from tap import ADDRESS, GATEWAY, TAP


class NamespaceTest(unittest.TestCase):
    def test_commands_run_in_there(self):
        with Instance("--netns") as instance:
            self.assertIn(" 0% packet loss", instance.command("exec", "--", "ping", "-c", "1", ADDRESS, check=0).stdout)
            links = instance.command("exec", "ip", "-brief", "address", check=0).stdout
            self.assertRegex(links, r"(?m)^%s .* %s/24" % (TAP, re.escape(GATEWAY)))
            # The rest of a command line is the command's own.
            self.assertEqual(instance.command("exec", "--", "sh", "-c", "id -u; exit 3", check=3).stdout, "0\n")
            self.assertIn("cannot run", instance.command("exec", "nonsense-of-drydock", check=127).stderr)

    def test_outside_nobody_sees_it(self):
        def links():
            return set(re.findall(r"(?m)^\d+: ([^:@]+)", subprocess.run(["ip", "link"], capture_output=True, text=True,
                                                                      check=True).stdout))
        before = links()
        with Instance("--netns") as instance:
            self.assertEqual(links(), before)
            keeper = instance.processes()["kernel"]["network_namespace"]
        with self.assertRaises(ProcessLookupError):
            os.kill(keeper, 0)

    def test_without_one_there_is_nothing_to_join(self):
        with Instance() as instance:
            self.assertIn("drydock run --netns", instance.command("exec", "true", check=1).stderr)


if __name__ == "__main__":
    reason = tap.obstacle()
    if reason:
        print("1..0 # SKIP " + reason)
    else:
        harness.main()
