"""What every test against a real MLflow needs: warnings of its own libraries are no errors of ours."""

import pytest

WARNINGS = [
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:mlflow"),
    pytest.mark.filterwarnings("ignore:.*:FutureWarning:mlflow"),
    pytest.mark.filterwarnings("ignore:.*:pandas.errors.Pandas4Warning"),
]
REGISTRY = [pytest.mark.slow, *WARNINGS]
