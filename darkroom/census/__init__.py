"""A dataset's census: counts, sizes, balance and quality of its images."""
