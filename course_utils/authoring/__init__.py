"""Tools of the authors: no lesson imports them."""
