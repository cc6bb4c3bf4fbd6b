"""What results came from, down to what was brought in: as a tree, data, a page or an RO-Crate, and whether it holds."""
