"""Runs a command and writes what it took to a file: measure.py RESULT COMMAND...

It is a program of its own with next to no modules, for a process begins with the peak memory of the one that it was
forked from: the one that is measured cannot come out below this one's own 10 MB.
"""

import os
import sys
import time


def main() -> int:
    result, command = sys.argv[1], sys.argv[2:]
    since = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        try:
            os.execvp(command[0], command)
        except OSError as error:
            os.write(2, f"{command[0]}: {error.strerror}\n".encode())
            os._exit(127)
    # The usage of the command and of every process that it has waited for; the peak is the largest one's.
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - since
    code = os.waitstatus_to_exitcode(status)
    # Kilobytes on Linux, bytes on macOS.
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    with open(result, "w") as file:
        file.write(f"{wall} {usage.ru_utime + usage.ru_stime} {peak} {code}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
