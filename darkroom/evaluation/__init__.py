"""What a model is worth on test images: metrics, curves, figures and the page of an evaluation."""
