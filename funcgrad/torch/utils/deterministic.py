"""torch.utils.deterministic: what `use_deterministic_algorithms` does with memory that nothing was written to."""

fill_uninitialized_memory = True
"""Without effect: such memory is 0 here."""
