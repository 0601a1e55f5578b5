"""What an engine has done, in numbers."""

from dataclasses import dataclass


@dataclass
class Counters:
    """What an engine has done since it was opened."""

    calls: int = 0
    cached: int = 0
    batches: int = 0
    tool_seconds: float = 0.0
    """Time tools took, summed over batches."""
    program_seconds: float = 0.0
    """Time programs ran in the sandbox, summed over threads."""

    def since(self, before: "Counters") -> "Counters":
        """Return what was added since an earlier copy."""
        return Counters(
            self.calls - before.calls,
            self.cached - before.cached,
            self.batches - before.batches,
            self.tool_seconds - before.tool_seconds,
            self.program_seconds - before.program_seconds,
        )
