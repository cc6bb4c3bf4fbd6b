"""Pages of HTML: a study on one page, and the studies above them."""
