"""Archives of every supported layout, downloaded or delivered, read into images by split and class."""
