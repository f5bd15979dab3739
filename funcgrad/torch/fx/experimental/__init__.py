"""torch.fx.experimental: what libraries ask of PyTorch's compiler while it traces."""
