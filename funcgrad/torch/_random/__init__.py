"""PyTorch's CPU random streams."""
from funcgrad.torch._random.generator import Generator as Generator
from funcgrad.torch._random.normal import normal as normal
from funcgrad.torch._random.uniform import rand as rand
from funcgrad.torch._random.uniform import uniform as uniform
