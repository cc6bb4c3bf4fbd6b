"""The census of a data set as a page to read."""

import pandas

from darkroom.census import counts
from darkroom.reporting.quantities import counted
from darkroom.reporting.tables import escaped, markdown

SPLIT_NAMES = {"train": "training", "validation": "validation", "test": "test"}


def page(key: str, note: str, tolerance: float, images: pandas.DataFrame) -> str:
    """Return the page, in Markdown.

    Args:
        key: of the data set.
        note: what every result of these images must say; stands in the headings.
        tolerance: a fraction of a split's mean.
        images: as in ``counts``.
    """
    note = f" ({note})" if note else ""
    classes, sizes = counts.by_class(images), counts.by_size(images)
    sections = {
        f"# Census of {escaped(key)}{note}": [totals(classes)],
        f"## Images per class{note}": [
            markdown(classes),
            *balance_lines(classes, tolerance),
            "![Classes](classes.png)",
        ],
        f"## Sizes{note}": [size_lines(sizes), "![Sizes](sizes.png)"],
        f"## Colour modes{note}": [markdown(counts.by_mode(images))],
        "## Can the images feed a network as they are?": [readiness(images)],
        "## Corrupt images": [corrupt_lines(counts.corrupt(images))],
        "## Identical files": [duplicate_lines(counts.duplicates(images))],
        f"## At random{note}": ["![Images drawn at random](gallery.png)"],
    }
    return "\n\n".join(part.rstrip() for title, parts in sections.items() for part in (title, *parts)) + "\n"


def totals(classes: pandas.DataFrame) -> str:
    """Return a line per split: its images, and those of each class."""
    lines = []
    for split in counts.splits_of(classes):
        each = ", ".join(
            f"{escaped(name)} {count:,}" for name, count in zip(classes["class"], classes[split], strict=True)
        )
        lines.append(f"- {classes[split].sum():,} {SPLIT_NAMES[split]} images ({each})")
    return "\n".join(lines)


def balance_lines(classes: pandas.DataFrame, tolerance: float) -> list[str]:
    """Return a paragraph per split: whether its classes are balanced, and the figures behind the verdict."""
    return [
        f"The {SPLIT_NAMES[found.split]} classes are {'' if found.within(tolerance) else '**not** '}balanced: "
        f"{_distance(found, tolerance)}."
        for found in counts.balances(classes)
    ]


def _distance(found: counts.Balance, tolerance: float) -> str:
    if not found.deviation:
        return f"each has {counted(found.count, 'image')}"
    return (
        f"{found.mean:,.1f} images on average; furthest from it {escaped(found.furthest)} with {found.count:,} "
        f"({found.deviation:+.1%}, allowed ±{tolerance:.0%})"
    )


def size_lines(sizes: pandas.DataFrame) -> str:
    """Return how many sizes there are, the most frequent, smallest and largest, and what the others have in common."""
    if sizes.empty:
        return "No image can be read."
    area = sizes["width"] * sizes["height"]
    usual, smallest, largest = (_size(sizes.loc[row]) for row in (0, area.idxmin(), area.idxmax()))
    lines = [
        f"Width×height in pixels, as stored (before any turn that EXIF asks for), of {sizes['images'].sum():,} images:",
        "",
        f"- distinct sizes: {len(sizes):,}",
        f"- most frequent: {usual} ({sizes['images'].iloc[0]:,} images)",
        f"- smallest by area: {smallest}; largest: {largest}",
        f"- {odd_sizes(sizes)}",
    ]
    if len(sizes) > 1:
        lines += ["", f"The {min(10, len(sizes))} most frequent (all in sizes.csv):", "", markdown(sizes.head(10))]
    return "\n".join(lines).rstrip()


def odd_sizes(sizes: pandas.DataFrame) -> str:
    """Return how many images are not of the most frequent size (the first row), and what these share."""
    usual, others = _size(sizes.iloc[0]), sizes.iloc[1:]
    count = int(others["images"].sum())
    if count == 0:
        return f"every image is {usual}"
    shared = [
        f"all {others[side].iloc[0]:,} {word}"
        for side, word in (("width", "wide"), ("height", "high"))
        if others[side].nunique() == 1
    ]
    return f"{counted(count, 'image')} not {usual}, {' and '.join(shared) or 'of several widths and heights'}"


def readiness(images: pandas.DataFrame) -> str:
    """Return whether a network could take the images as they are: all intact, of one size and one mode."""
    sizes, modes = len(counts.by_size(images)), counts.by_mode(images)["mode"].nunique()
    broken = len(counts.corrupt(images))
    reasons = []
    if sizes != 1:
        reasons.append(f"they have {sizes:,} sizes")
    if modes != 1:
        reasons.append(f"they have {modes} colour modes")
    if broken:
        reasons.append(f"{broken:,} cannot be read completely")
    if not reasons:
        return "Yes: all have one size and one colour mode, and all can be read."
    return f"No: {', and '.join(reasons)}. A view brings them to one size and mode."


def corrupt_lines(found: pandas.DataFrame) -> str:
    """Return every corrupt file and what is wrong with it."""
    if found.empty:
        return "None: every file decodes completely."
    return f"{counted(len(found), 'file')}:\n\n{markdown(found[['file', 'problem']])}"


def duplicate_lines(found: pandas.DataFrame) -> str:
    """Return how many files are identical, and every one of them, leaks first."""
    if found.empty:
        return "None: no two files have the same bytes."
    groups = found.drop_duplicates("group")["kind"]
    leaks, two_labels = (int(groups.str.contains(kind).sum()) for kind in ("leak", "two labels"))
    order = found["kind"].map({"leak, two labels": 0, "leak": 1, "two labels": 2, "copy": 3})
    ranked = found.assign(order=order).sort_values(["order", "group"], kind="stable")
    return (
        f"{counted(len(found), 'file')} in {counted(len(groups), 'group')} of the same bytes: "
        f"{leaks:,} in more than one split (leaks), {two_labels:,} under two labels.\n\n"
        f"{markdown(ranked[['group', 'kind', 'file']])}"
    )


def _size(row: pandas.Series) -> str:
    return f"{row['width']}×{row['height']}"
