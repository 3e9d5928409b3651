"""Speed against what a reader would otherwise use: `make bench`."""
