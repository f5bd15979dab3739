"""PyTorch's CPU random number streams, bit for bit: in NumPy, and compiled where much is drawn."""

from funcgrad.torch._random.bernoulli import bernoulli as bernoulli
from funcgrad.torch._random.bernoulli import bernoulli_from as bernoulli_from
from funcgrad.torch._random.bernoulli import dropout_mask as dropout_mask
from funcgrad.torch._random.continuous import cauchy as cauchy
from funcgrad.torch._random.continuous import exponential as exponential
from funcgrad.torch._random.continuous import geometric as geometric
from funcgrad.torch._random.continuous import log_normal as log_normal
from funcgrad.torch._random.continuous import rrelu_slopes as rrelu_slopes
from funcgrad.torch._random.generator import Generator as Generator
from funcgrad.torch._random.generator import default_generator as default_generator
from funcgrad.torch._random.integers import randint as randint
from funcgrad.torch._random.integers import random as random
from funcgrad.torch._random.integers import random64 as random64
from funcgrad.torch._random.multinomial import multinomial as multinomial
from funcgrad.torch._random.normal import normal as normal
from funcgrad.torch._random.permutation import randperm as randperm
from funcgrad.torch._random.uniform import rand as rand
from funcgrad.torch._random.uniform import uniform as uniform
