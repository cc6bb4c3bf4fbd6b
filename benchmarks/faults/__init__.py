"""Faults injected for real into a finished study, or into one that is being made, and what came of each.

python -m benchmarks.faults              every fault that benchmarks/campaign.csv has no row of
python -m benchmarks.faults --only gone  those of a kind, or with a word in their name
python -m benchmarks.faults --again      also those that have a row
"""
