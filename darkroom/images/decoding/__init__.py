"""Image files decoded: which files are images, their pixels, and the index of a folder of them."""
