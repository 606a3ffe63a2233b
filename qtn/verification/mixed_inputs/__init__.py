"""Values at infinite temperature: traces, by Pauli propagation or by sampled inputs."""
