"""What is looked at in a state: entropies and mutual information, and their pictures."""
