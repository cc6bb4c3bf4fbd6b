"""The library that the stages stand on: one room for each subject."""
