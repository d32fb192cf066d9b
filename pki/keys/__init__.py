"""Key custody behind one Protocol."""
