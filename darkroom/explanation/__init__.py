"""What a network sees: its kernels, feature maps and Grad-CAM."""
