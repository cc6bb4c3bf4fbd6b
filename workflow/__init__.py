"""How and where the pipeline runs."""
