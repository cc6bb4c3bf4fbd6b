"""What a network reads: views of a dataset, batches of them, and their augmentation."""
