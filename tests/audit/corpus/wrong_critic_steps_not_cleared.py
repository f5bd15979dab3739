"""Several steps of the critic for each of the generator's, cleared once for all of them.

See https://github.com/ajbrock/BigGAN-PyTorch/issues/25
"""

import torch

torch.manual_seed(0)
generator, critic = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)
of_generator = torch.optim.Adam(generator.parameters(), lr=0.01)
of_critic = torch.optim.Adam(critic.parameters(), lr=0.01)
relu = torch.nn.functional.relu
for _ in range(3):
    of_generator.zero_grad()
    of_critic.zero_grad()
    for _ in range(2):
        fake = generator(torch.randn(8, 2)).detach()
        loss = relu(1 - critic(torch.randn(8, 3))).mean() + relu(1 + critic(fake)).mean()
        loss.backward()  # FG001
        of_critic.step()
    of_critic.zero_grad()
    (-critic(generator(torch.randn(8, 2))).mean()).backward()
    of_generator.step()
