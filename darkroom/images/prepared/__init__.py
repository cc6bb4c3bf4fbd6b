"""Input of networks: views of a dataset, batches of them, and their augmentation."""
