"""Images drawn by a program that stand in for photographs, in the formats of real archives."""
