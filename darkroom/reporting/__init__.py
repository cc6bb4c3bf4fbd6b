"""Figures, tables, and the wording of numbers on pages."""
