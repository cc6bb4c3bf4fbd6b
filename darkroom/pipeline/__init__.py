"""How params.yaml and dvc.yaml make stages: plan, templates, command line and records. No stage depends on it."""
