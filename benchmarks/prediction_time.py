"""Print the seconds in which a trained model predicts the test images of a view, with what its first call prepares.

python prediction_time.py MODEL VIEW    in a project, whose modules it measures
"""

import sys
import time
from pathlib import Path

from darkroom.evaluation.prediction import open_trained, predict
from darkroom.images.prepared.shards import open_view
from darkroom.params.base import read_entry
from darkroom.params.model import Runtime


def main(model: Path, view: Path) -> None:
    """Predict once."""
    trained, opened = open_trained(model, read_entry(Runtime, "runtime")), open_view(view)
    began = time.perf_counter()
    predict(trained, model, opened, "predict")
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
