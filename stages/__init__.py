"""One module per stage of the pipeline, on a small library beside them."""

import darkroom.core.isolation  # noqa: F401  # of this process, before what computes is imported
