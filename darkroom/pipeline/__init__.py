"""From params.yaml and dvc.yaml to stages: plan, templates, command line and records. No stage depends on it."""
