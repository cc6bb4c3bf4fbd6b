"""What every refusal of a stage has: one line, with the words that matter."""

from collections.abc import Callable

import pytest

from darkroom.core.errors import UserError


def one_line(call: Callable[[], object], *words: str) -> str:
    """Require that ``call`` is refused in one line with these words, and return it."""
    with pytest.raises(UserError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message, message
    return message
