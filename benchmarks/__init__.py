"""Speed and memory, side by side with the plain notebook script; never a timed test."""
