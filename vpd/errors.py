"""Every error that vpd raises on purpose.

    VpdError
    ├── ConfigError           a setting, path or argument is wrong; nothing was started
    ├── DataError             an input row or file is wrong
    │   ├── BadRowError       one row; collected in the table of refused rows, never fatal
    │   └── LeakageError      splits overlap or examples are unfit for training
    ├── StoreError            the artifact store cannot be read or written
    │   ├── MissingShardError a shard that should be there is not committed
    │   └── CorruptShardError a committed shard does not match its manifest
    ├── EndpointError         the language model endpoint cannot be reached or refuses
    │   └── SpendingCeilingError  the next request might cost more than was allowed
    ├── ModelFileError        a model file is missing or has the wrong sha256
    ├── SandboxError          the sandbox itself (not a program) does not work
    ├── ToolError             a vision tool failed, for a reason other than the program
    ├── RegistryError         MLflow cannot be reached or refuses; what is in the store is safe
    └── TrainingError         training stopped: diverged, lost its process, or cannot export

A message says what is wrong, where (row, file, shard) and what to do about it. What a generated program
does wrong is never an exception here: it is an outcome (`vpd.execution.outcome`).
"""


class VpdError(Exception):
    """Base of all errors raised on purpose."""


class ConfigError(VpdError):
    """A setting, path or argument is wrong; nothing was started."""


class DataError(VpdError):
    """An input row or file is wrong."""


class BadRowError(DataError):
    """One input row is refused; the others go on.

    `reason` is the class of the problem, for counting; `row` names the row where the message does not.
    """

    def __init__(self, problem: str, *, reason: str = "other", row: str = "") -> None:
        super().__init__(problem)
        self.problem, self.reason, self.row = problem, reason, row


class LeakageError(DataError):
    """Examples are unfit for training: splits overlap, an image is unreadable, a text is empty."""


class StoreError(VpdError):
    """The artifact store cannot be read or written."""


class MissingShardError(StoreError):
    """A shard that should be there is not committed."""


class CorruptShardError(StoreError):
    """A committed shard does not match its manifest."""


class EndpointError(VpdError):
    """The language model endpoint cannot be reached or refuses the request."""


class SpendingCeilingError(EndpointError):
    """The next request might cost more than was allowed; it was not sent."""


class ModelFileError(VpdError):
    """A model file is missing or is not the file it should be."""


class SandboxError(VpdError):
    """The sandbox itself, not a program in it, does not work."""


class ToolError(VpdError):
    """A vision tool failed for a reason other than the program that called it."""


class RegistryError(VpdError):
    """MLflow cannot be reached or refuses the request; what is in the store is safe."""


class TrainingError(VpdError):
    """Training stopped before it had a usable checkpoint."""
