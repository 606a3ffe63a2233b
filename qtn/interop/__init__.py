"""Foreign objects to ours and back; the only place where bit order turns."""
