"""The ground of every room: errors, files, parallel work, progress, and the backend that computes."""
