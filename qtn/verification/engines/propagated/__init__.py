"""Values by Pauli propagation in the Heisenberg picture."""
