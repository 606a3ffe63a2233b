"""What searches know of second derivatives: the pairs of past steps, the metric of a circuit."""
