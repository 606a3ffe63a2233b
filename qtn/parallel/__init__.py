"""Map a function over items on any executor, with a journal that survives a killed run."""

from qtn.parallel.door import pmap

__all__ = ["pmap"]
