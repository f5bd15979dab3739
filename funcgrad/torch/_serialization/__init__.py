"""PyTorch's checkpoint format: the archive, writing a pickle, and reading one without running what it asks for."""
