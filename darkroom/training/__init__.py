"""Fitting a network: epochs, callbacks, backups that a killed run goes on from, and what a run leaves."""
