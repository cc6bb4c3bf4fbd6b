"""Snakemake that asks Slurm for its jobs every second.

The plugin asks ten seconds later each time that no job has ended, which on a cluster of one machine would be most of
what a test takes. All else is as `snakemake` does it.
"""

import signal
import sys

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
    Executor.next_seconds_between_status_checks = property(lambda self: 1.0, lambda self, wanted: None)
    sys.exit(main())
