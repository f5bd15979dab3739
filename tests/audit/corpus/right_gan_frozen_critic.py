"""The critic takes no gradients while the generator learns.

See https://github.com/FoundationVision/OmniTokenizer/issues/15
"""

import torch

torch.manual_seed(0)
generator, critic = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)
of_generator = torch.optim.SGD(generator.parameters(), lr=0.01)
of_critic = torch.optim.SGD(critic.parameters(), lr=0.01)
for _ in range(4):
    fake = generator(torch.randn(8, 2))
    critic.requires_grad_(True)
    (critic(fake.detach()).mean() - critic(torch.randn(8, 3)).mean()).backward()
    of_critic.step()
    of_critic.zero_grad()
    critic.requires_grad_(False)
    (-critic(fake).mean()).backward()
    of_generator.step()
    of_generator.zero_grad()
