"""The words of an explanation's page: each kind of part has its own, and says when there is nothing to show."""

import pandas
import pytest

from darkroom.explanation.page import compose_page
from darkroom.explanation.parts import Part

LAYER = {"layer": "conv_1", "filters": 3, "height": 8, "width": 9}
REGIONS = {"errors": 2, "by_position": 1, "none": 0, **LAYER}
SHOWN = pandas.DataFrame({"file": ["test/a_b.jpg"], "probability": [0.5]})


@pytest.mark.parametrize(
    ("part", "heading", "said"),
    [
        (Part("images", {"predictions": SHOWN}), "Images", "| test/a\\_b.jpg | 50.0% |"),
        (
            Part("activations", {**LAYER, "drawn": 3, "silent": 1, "zeros": 0.5}),
            "Feature maps of conv\\_1",
            "3 filters, each giving a map of 8 x 9.\nAll are shown, with their numbers;",
        ),
        (
            Part("activations", {**LAYER, "drawn": 2, "silent": 1, "zeros": 0.5}),
            "Feature maps of conv\\_1",
            "The 2 that vary most over all test images are shown",
        ),
        (Part("filter", {"layer": "conv_1", "number": 2}), "Filter 2 of conv\\_1", "with the brightest map."),
        (Part("kernels", {**LAYER, "channels": 3}), "Kernels of conv\\_1", "as colours, where grey stands for 0.\n"),
        (Part("kernels", {**LAYER, "channels": 1}), "Kernels of conv\\_1", "red for positive, blue for negative"),
        (Part("regions", REGIONS), "Regions that spoke", "3 feature maps of conv\\_1,\neach 8 x 9;"),
        (
            Part("regions", REGIONS),
            "Regions that spoke",
            "Of 1 image Grad-CAM's weighted maps",
        ),
        (Part("regions", {**REGIONS, "none": 2}), "Regions that spoke", "Of 2 images neither method names a region."),
        (Part("regions", {"errors": 0}), "Regions that spoke", "None: every test image was classified correctly."),
        (
            Part("class", {"name": "a|b", "counts": {"true positives": 1234, "false negatives": 0}}),
            "Class a\\|b",
            "1,234 true positives, 0 false negatives.\n",
        ),
        (Part("augmented", {"parameters": {"rotation": 20.0}}), "Augmentation", "| rotation | 20.0 |\n"),
        (Part("augmented", {"parameters": None}), "Augmentation", "Training made no random changes to its images."),
    ],
)
def test_a_part_has_a_heading_and_its_own_words(part: Part, heading: str, said: str) -> None:
    page = compose_page("cnn_1", "drawn", "figures", [part])
    assert page.startswith(f"# What cnn\\_1 sees (drawn)\n\n## {heading}")
    assert page.splitlines()[2].endswith(" (drawn)")
    assert said in page
    assert "![" not in page and "\n\n\n" not in page and page.endswith("\n")


def test_a_figure_stands_between_heading_and_words() -> None:
    page = compose_page("cnn", "", "figures", [Part("filter", {"layer": "conv", "number": 0}, "filter.webp")])
    assert "## Filter 0 of conv\n\n![Filter 0 of conv](figures/filter.webp)\n\nAbove are the images" in page
