"""A transformer encoder that says whether a sequence holds more of one token than of another."""

import math

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, random_split


class PositionalEncoding(nn.Module):
    def __init__(self, d_model: int, dropout: float = 0.1, max_len: int = 64):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, 1, d_model)
        pe[:, 0, 0::2] = torch.sin(position * div_term)
        pe[:, 0, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.pe[:x.size(0)]
        return self.dropout(x)


class Classifier(nn.Module):
    def __init__(self, ntoken, d_model, nhead, d_hid, nlayers, dropout=0.1):
        super().__init__()
        self.embedding = nn.Embedding(ntoken, d_model, padding_idx=0)
        self.pos_encoder = PositionalEncoding(d_model, dropout)
        layer = nn.TransformerEncoderLayer(d_model, nhead, d_hid, dropout)
        self.encoder = nn.TransformerEncoder(layer, nlayers, enable_nested_tensor=False)
        self.head = nn.Linear(d_model, 2)
        self.d_model = d_model
        self.init_weights()

    def init_weights(self):
        initrange = 0.1
        self.embedding.weight.data.uniform_(-initrange, initrange)
        self.head.bias.data.zero_()
        self.head.weight.data.uniform_(-initrange, initrange)

    def forward(self, tokens):
        pad = tokens == 0
        x = self.embedding(tokens.t()) * math.sqrt(self.d_model)
        x = self.encoder(self.pos_encoder(x), src_key_padding_mask=pad)
        x = x.masked_fill(pad.t().unsqueeze(-1), 0.0).sum(0) / (~pad).sum(1, keepdim=True)
        return self.head(x)


class Sequences(Dataset):
    def __init__(self, count):
        self.rows = [torch.randint(1, 6, (int(n),)) for n in torch.randint(4, 10, (count,))]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        row = self.rows[index]
        return row, int((row == 1).sum() > (row == 2).sum())


def collate(batch):
    rows, labels = zip(*batch)
    return nn.utils.rnn.pad_sequence(rows, batch_first=True), torch.tensor(labels)


torch.manual_seed(42)
train_set, valid_set = random_split(Sequences(72), [48, 24])
train_loader = DataLoader(train_set, batch_size=24, shuffle=True, collate_fn=collate)
valid_loader = DataLoader(valid_set, batch_size=24, collate_fn=collate)
model = Classifier(6, 16, 4, 32, 1)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 4))
for epoch in range(2):
    model.train()
    total = 0.0
    for tokens, labels in train_loader:
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(tokens), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        scheduler.step()
        total += loss.item() * len(labels)
    model.eval()
    with torch.inference_mode():
        correct = sum((model(t).argmax(-1) == y).sum().item() for t, y in valid_loader)
    print(f"epoch {epoch}: loss {total / len(train_set):.4f}, lr {scheduler.get_last_lr()[0]:.4f}, correct {correct}/24")
