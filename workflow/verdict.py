"""Show a study's comparison on the terminal, and where its pages lie: python -m workflow.verdict STUDY|all."""

import argparse
from pathlib import Path

from workflow.pipeline import opened


def main() -> None:
    """Print the comparison of the study that the command line names, or of all, where they are made."""
    parser = argparse.ArgumentParser(description="Show a study's comparison.")
    parser.add_argument("study", help="a study of params.yaml, or all")
    chosen = parser.parse_args().study
    pipeline = opened()
    for study in pipeline.parameters.studies:
        pages = [Path(out) for out in pipeline.results(study) if out.endswith(".md")]
        if chosen in (study, "all") and all(page.exists() for page in pages):
            comparison = next(page for page in pages if page.stem == "comparison")
            print(f"\n{comparison.read_text(encoding='utf-8')}")
            print("Read on:", *(f"  {page}" for page in pages), sep="\n")


if __name__ == "__main__":
    main()
