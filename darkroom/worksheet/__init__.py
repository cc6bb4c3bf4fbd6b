"""A study's worksheet: each question with its answer, and where that came from."""
