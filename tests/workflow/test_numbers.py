"""Every number in two texts is compared; words that differ are named."""

import pytest

from workflow.audit.numbers import compare_texts


def test_the_same_text_has_so_many_numbers_and_no_difference() -> None:
    found = compare_texts("accuracy,0.75\n1,234 of 2 images, 1e-05\n", "accuracy,0.75\n1,234 of 2 images, 1e-05\n")
    assert (found.numbers, found.differing, found.words) == (4, 0, None)


@pytest.mark.parametrize(
    ("published", "made", "largest"),
    [("loss,0.50", "loss,0.40", 0.2), ("1,000 images", "900 images", 0.1), ("-1", "1", 2)],
)
def test_a_number_that_differs_is_named_with_its_share(published: str, made: str, largest: float) -> None:
    found = compare_texts(f"3\n{published}", f"3\n{made}")
    assert (found.differing, found.words) == (1, None)
    assert found.largest == pytest.approx(largest)
    assert found.first is not None


@pytest.mark.parametrize(
    ("published", "made"),
    [("a 1", "b 1"), ("a 1", "a 1\nb 2"), ("1 2", "1"), ("cnn2,1", "cnn3,1"), ("a 1\nb 2", "a 1")],
)
def test_words_that_differ_are_named_by_their_line(published: str, made: str) -> None:
    assert "line" in (compare_texts(published, made).words or "")
