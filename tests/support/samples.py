"""Samples: for each row of the operator table the calls that its test makes."""

from outcomes import Sample
from sample_factors import FACTORS
from sample_indexing import INDEX, INDEXING
from sample_numbers import ACTIVATION, ARITHMETIC, CHOICE, COMPARISON, OPERATORS, UNARY
from sample_products import LINALG
from sample_reductions import ORDER, REDUCTION
from sample_shapes import CASTS, CREATION, INPLACE, QUERIES, SHAPE
from sample_special import COPIES, PARTS, PLACING, SPECIAL, STATISTICS, WINDOWS

FAMILIES = (
    ARITHMETIC,
    COMPARISON,
    UNARY,
    CHOICE,
    ACTIVATION,
    OPERATORS,
    REDUCTION,
    ORDER,
    SHAPE,
    CREATION,
    INPLACE,
    QUERIES,
    CASTS,
    INDEX,
    INDEXING,
    LINALG,
    FACTORS,
    COPIES,
    PARTS,
    SPECIAL,
    WINDOWS,
    STATISTICS,
    PLACING,
)

SAMPLES: dict[str, list[Sample]] = {}
for family in FAMILIES:
    repeated = SAMPLES.keys() & family.keys()
    assert not repeated, f"two sample rows for {sorted(repeated)}"
    SAMPLES |= family
