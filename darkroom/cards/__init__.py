"""What goes with a model, a dataset or a study when it is published, written from facts that are already held."""
