"""What every room stands on: errors, files, parallel work, progress, and the backend that computes."""
