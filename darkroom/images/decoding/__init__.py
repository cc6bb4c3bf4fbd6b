"""Image files decoded: their formats, their pixels, and what is made of a folder of them: views and variants."""
