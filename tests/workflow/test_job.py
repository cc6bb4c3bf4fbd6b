"""How a job tells why its command ended."""

import signal

import pytest

from workflow.job import signal_of


@pytest.mark.parametrize(
    ("status", "number"),
    [(1, None), (2, None), (255, None), (127, None), (-9, signal.SIGKILL), (137, signal.SIGKILL), (130, signal.SIGINT)],
)
def test_the_signal_that_ended_a_command_is_told_from_its_status(status: int, number: int | None) -> None:
    assert signal_of(status) == number
