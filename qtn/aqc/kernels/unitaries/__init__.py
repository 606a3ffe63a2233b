"""The overlap of a circuit with an operator, Tr(U†V)/2ⁿ, and its gradient."""
