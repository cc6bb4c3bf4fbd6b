"""Published results, and the tables that README.md shows of them."""
