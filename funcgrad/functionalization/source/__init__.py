"""Source: a pure step written down as JAX and optax."""

from funcgrad.functionalization.source.module import module_source as module_source
