"""Numbers in words: sizes, counts with their nouns, and durations."""

MINUTE, HOUR = 60, 3600


def size(count: float) -> str:
    """Return a number of bytes in the unit that fits it."""
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it must be."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(taken: float) -> str:
    """Return seconds in the unit that fits them."""
    if taken < MINUTE:
        return f"{taken:.1f} s"
    minutes, rest = divmod(round(taken), MINUTE)
    return f"{minutes} min {rest} s" if taken < HOUR else f"{minutes // MINUTE} h {minutes % MINUTE} min"
