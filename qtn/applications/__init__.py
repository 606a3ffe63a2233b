"""Applications: what the toolkit is for, each built only on the doors of the other rooms."""
