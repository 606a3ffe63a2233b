"""Forms of a quantum model: how a trained network becomes circuits and scores."""
