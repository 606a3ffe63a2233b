"""Networks of tensors as functions of rows, with their gradients."""
