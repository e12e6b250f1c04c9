"""A user and network namespace with a TAP of its own, for tests of the network:
without privileges, and nothing outside sees a frame."""

import os
import shutil
import subprocess
import sys

import harness

INSIDE = "DRYDOCK_TEST_NAMESPACE"
TAP = "drydock0"
ADDRESS = "10.77.0.2"   # Drydock's
GATEWAY = "10.77.0.1"   # Linux's, there


def obstacle():
    """Why there can be no TAP in a namespace of our own, or None."""
    for tool in ["unshare", "ip", "ping"]:
        if shutil.which(tool) is None:
            return "%s is not installed" % tool
    made = subprocess.run(["unshare", "--user", "--map-root-user", "--net", "ip", "tuntap", "add", "probe", "mode", "tap"],
                          capture_output=True, text=True, check=False)
    return None if made.returncode == 0 else "no TAP in a namespace: %s" % made.stderr.strip()


def main():
    """Runs the calling program's tests in there."""
    if INSIDE not in os.environ:
        reason = obstacle()
        if reason:
            print("1..0 # SKIP " + reason)
            sys.exit(0)
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--user", "--map-root-user", "--net", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    harness.main()
