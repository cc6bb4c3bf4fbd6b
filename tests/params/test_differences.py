"""Values that differ are told in few words."""

from darkroom.params.differences import LONG, became


def test_values_are_told_in_few_words() -> None:
    assert became(None, {"models": ["a"]}) == "is new"
    assert became({"models": ["a"]}, None) == "is gone"
    assert became(None, 3) == "was None, is 3"
    long = became(list(range(100)), {"a": list(range(100))})
    assert len(long) < 2 * LONG + 20
    assert long.endswith("…")
