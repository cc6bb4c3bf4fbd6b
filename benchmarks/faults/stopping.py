"""A run that is stopped: killed, interrupted or ended at seeded moments."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator

from benchmarks.faults.study import VIEW
from benchmarks.faults.trial import Fault, Trial

SEED = 13
TIMES = {signal.SIGKILL: 30, signal.SIGINT: 10, signal.SIGTERM: 10}
WORDS = {
    signal.SIGKILL: "kill -9 of all its processes",
    signal.SIGINT: "Ctrl-C",
    signal.SIGTERM: "kill of snakemake",
}


def stopped(number: signal.Signals, share: float) -> Callable[[Trial], None]:
    """Return what sends a signal at a ``share`` of the time that a run takes; ``SIGTERM`` to Snakemake alone."""

    def inject(trial: Trial) -> None:
        process = trial.start()
        end = time.monotonic() + share * trial.base.seconds[trial.edit]
        while time.monotonic() < end and process.poll() is None:
            time.sleep(0.01)
        if process.poll() is None and number == signal.SIGTERM:
            process.send_signal(number)
        elif process.poll() is None:
            os.killpg(process.pid, number)
        trial.end(process)

    return inject


def faults() -> Iterator[Fault]:
    """Yield the faults."""
    drawn = random.Random(SEED)
    for number, count in TIMES.items():
        for share in sorted(each / 1000 for each in drawn.sample(range(50, 951), count)):
            name = f"{WORDS[number]} after {share:.1%} of a run"
            yield Fault("stopped", name, stopped(number, share), edit=VIEW)
