"""Images: files decoded, and what a network reads of them."""
