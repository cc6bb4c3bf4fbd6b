"""The origin of results, down to what was brought in: as a tree, data, a page or an RO-Crate, and verified."""
