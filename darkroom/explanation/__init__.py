"""Explanation of a network: its kernels, feature maps and Grad-CAM."""
