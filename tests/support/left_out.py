"""A plugin that says how many tests `-m` leaves out, also where workers collect them."""

import pytest

COUNT = pytest.StashKey[int]()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count what is left out, in a worker or in the only process."""
    if items:
        config = items[0].config
        config.stash[COUNT] = config.stash.get(COUNT, 0) + len(items)
        getattr(config, "workeroutput", {})["left_out"] = config.stash[COUNT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    """Take over the count of a worker; each has collected all tests."""
    count = getattr(node, "workeroutput", {}).get("left_out", 0)
    node.config.stash[COUNT] = count  # type: ignore[attr-defined]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say it below the results."""
    count = config.stash.get(COUNT, 0)
    if count and config.option.markexpr:
        terminalreporter.write_line(f"{count} tests left out by -m '{config.option.markexpr}'; make test runs all")
