"""One module per stage of the pipeline, on a small library beside them."""
