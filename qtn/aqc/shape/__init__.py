"""The shape of a circuit: which gates act where, how it is written out and certified."""
