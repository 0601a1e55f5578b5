"""Asset checks: what must hold before training, and what is worth a warning.

All look at every committed shard. The blocking check of the registry is part of
`vpd_assets.registered_model`, since it has to come before the alias moves.
"""

from vpd_assets.checks.drift import steady_examples, steady_kept
from vpd_assets.checks.fit import fit_for_training
from vpd_assets.checks.yields import few_rows_refused, programs_run, steady_yield, yield_by_family

CHECKS = [
    fit_for_training,
    few_rows_refused,
    steady_yield,
    programs_run,
    yield_by_family,
    steady_kept,
    steady_examples,
]
