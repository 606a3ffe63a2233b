"""Function loading: densities, payoffs and any function as amplitudes of a state."""

from qtn.applications.loading.door import Loaded, load_distribution, load_function, load_payoff

__all__ = ["Loaded", "load_distribution", "load_function", "load_payoff"]
