"""Show a study's comparison on the terminal, and where its files lie: python -m workflow.verdict STUDY."""

import sys
from pathlib import Path

from workflow.pipeline import opened


def main() -> None:
    """Print the comparison of the study that the command line names."""
    study = sys.argv[1]
    pipeline = opened()
    pages = [Path(out) for out in pipeline.results(study) if out.endswith(".md")]
    comparison = next(page for page in pages if page.stem == "comparison")
    print(f"\n{comparison.read_text(encoding='utf-8')}")
    print("Read on:", *(f"  {page}" for page in pages), sep="\n")


if __name__ == "__main__":
    main()
