"""torch.utils.data: datasets, the orders in which samplers visit them, and the loader that makes batches."""

from funcgrad.torch.utils.data._utils.collate import default_collate as default_collate
from funcgrad.torch.utils.data._utils.collate import default_convert as default_convert
from funcgrad.torch.utils.data._utils.worker import get_worker_info as get_worker_info
from funcgrad.torch.utils.data.dataloader import DataLoader as DataLoader
from funcgrad.torch.utils.data.dataset import ChainDataset as ChainDataset
from funcgrad.torch.utils.data.dataset import ConcatDataset as ConcatDataset
from funcgrad.torch.utils.data.dataset import Dataset as Dataset
from funcgrad.torch.utils.data.dataset import IterableDataset as IterableDataset
from funcgrad.torch.utils.data.dataset import StackDataset as StackDataset
from funcgrad.torch.utils.data.dataset import Subset as Subset
from funcgrad.torch.utils.data.dataset import TensorDataset as TensorDataset
from funcgrad.torch.utils.data.dataset import random_split as random_split
from funcgrad.torch.utils.data.distributed import DistributedSampler as DistributedSampler
from funcgrad.torch.utils.data.sampler import BatchSampler as BatchSampler
from funcgrad.torch.utils.data.sampler import RandomSampler as RandomSampler
from funcgrad.torch.utils.data.sampler import Sampler as Sampler
from funcgrad.torch.utils.data.sampler import SequentialSampler as SequentialSampler
from funcgrad.torch.utils.data.sampler import SubsetRandomSampler as SubsetRandomSampler
from funcgrad.torch.utils.data.sampler import WeightedRandomSampler as WeightedRandomSampler
