"""Helpers of tests: material to work on, and what several tests ask."""
