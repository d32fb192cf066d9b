"""What each error code means, in Vietnamese and English, by area."""
